"""The arithmetic: real convolutions and poolings of real arrays.

`convolve` and `pool` are the two ways in, `arrange` takes inputs and kernels of few axes. The rooms above know shapes
and text; these modules know arrays only, and neither print nor ask.

    exact        which number type holds every sum, so that whole numbers and fractions come out exactly
    boundary     what lies beyond the border
    job          one convolution in whole numbers: its tiles, and the cells that each of them reads
    plan         which algorithm, by a cost model whose plain data are `rates`
    tiles        carries a plan out: tile after tile on threads, each in memory that does not grow
    taps, columns, rows, banded, separable, fourier
                 one algorithm each, all with the same five functions, all held to the same cases
    products     matrix products in pieces that BLAS likes
    transposed   a transposed convolution as ordinary ones
    sliding      windows along one axis, for pooling
    stream       rows in, rows out
    remote       the same tiles past one machine

BLAS should have one thread (`blas`), since the tiles have one for every core.
"""
