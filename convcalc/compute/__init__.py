"""The arithmetic: real convolutions and poolings of real arrays.

Other rooms know layers, shapes and text; these modules know arrays. They print nothing and ask nothing. Three roads
lead in: `layer` applies a layer to an array (a `Filter` is a convolution layer with its numbers), `nchw` convolves an
input and a kernel of few axes, `streaming` does so with rows that arrive one by one.

    layer           a layer applied to an array
    nchw            inputs and kernels of few axes as (N, C, ...) and (O, C/groups, ...), and the result back
    convolution     an ordinary convolution, but for its input
    transposed      a transposed one, as several ordinary ones
    computation     either of them checked and planned: its steps and its output
    number_types    the type in which a computation is exact
    overflow        infinity that a result has and its operands have not
    boundary        what lies beyond the border
    plan            the algorithm of a convolution, chosen by a cost model
    step            one planned job with its arrays, and how its tiles are computed
    threads         tiles on several threads
    algorithms/     direct, im2col, row_im2col, toeplitz, separable, fft: one module each, all with the same five
                    functions; job (sizes, tiles and blocks), gemm (matrix products), sums (within the error
                    promised), cost_model (its data)
    pooling/        pool (values), indices (of maxima), running (windows along one axis), plan, sizes, in_pieces
                    (from file to file)
    streaming/      plane (rows in, rows out), row_window (the rows that are kept)
    terms           the numbers behind one output cell
    memory, memmap  bounds on memory, and arrays larger than it
    file_tasks      the same tiles on other machines
    blas            one thread for BLAS, since tiles have one per core
"""
