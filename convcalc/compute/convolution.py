"""An ordinary convolution, but for its input: kernel, windows, what lies beyond the border."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Self

from convcalc.compute.boundary import check_boundary, extend
from convcalc.compute.computation import Computation, bias_of, check_shapes, job_of
from convcalc.compute.held import check_possible, without_gaps
from convcalc.compute.number_types import Array, prepare
from convcalc.compute.plan import plan
from convcalc.compute.step import Step
from convcalc.compute.swapped import swapped
from convcalc.compute.terms import SeenPlane, seen_planes, sliding_view
from convcalc.errors import UsageError
from convcalc.geometry import Window, check_borders, output_sizes
from convcalc.value import Value


class PlainConvolution(Value):
    """A cross-correlation, which is what deep-learning frameworks call convolution, but for its input.

    kernel: (O, C/groups, *kernel), or of fewer axes as in `nchw.to_nchw`; windows: one per spatial axis; bias: (O,),
    one number or None. `boundary` is what the padding holds (`boundary.extend`), `constant` the number where it is
    constant (None: 0); `flip` turns the kernel by 180 degrees on its spatial axes, as mathematicians do. With
    `magnitude` the kernel is two, (2, *kernel), that work on every plane by itself, and the result is sqrt(x² + y²).
    """

    kernel: Any
    windows: tuple[Window, ...]
    groups: int = 1
    bias: Any = None
    boundary: str = "zeros"
    constant: Any = None
    flip: bool = False
    magnitude: bool = False

    def check(self) -> None:
        """Refuse an unknown boundary, and a constant that lies nowhere."""
        check_boundary(self.boundary)
        if self.constant is not None and self.boundary != "constant":
            raise UsageError(f"`constant` does not apply to the boundary {self.boundary}")

    @property
    def inputs(self) -> int:
        """The number of input channels."""
        return int(self.kernel.shape[1]) * self.groups

    @property
    def outputs(self) -> int:
        """The number of output channels."""
        return self.outputs_of(self.kernel.shape)

    def outputs_of(self, weight_shape: Sequence[int]) -> int:
        """Return the number of output channels of a weight."""
        return int(weight_shape[0])

    def weight_axes(self, outputs: int, inputs: int) -> tuple[int, int]:
        """Return the two axes of a weight that come before the spatial ones, of one group."""
        return outputs, inputs

    def with_border(self, x: Array) -> tuple[Array, Self]:
        """Return x extended by a constant, and the convolution without padding; both as they are without one.

        x: (N, C, *spatial). Copies of real cells are made tile by tile instead.
        """
        if self.boundary != "constant":
            return x, self
        value = 0 if self.constant is None else self.constant
        extended, windows = extend(x, self.windows, self.boundary, value)
        return extended, self.replace(windows=windows, boundary="zeros", constant=None)

    def computation(self, x: Array, algorithm: str | None = None, work: str | None = None) -> Computation:
        """Check and plan the convolution of x (N, C, *spatial); its output is (N, O, *output).

        Whole numbers and fractions are computed exactly (in int64, Python integers where int64 is too small,
        Fractions), floats in their own dtype; narrow types such as uint8 never wrap. `algorithm` forces one; `work`
        is the dtype for whole numbers if it is known. The kernel must have all its axes, and not be flipped or have
        a constant border any more (`nchw.to_nchw`).

        Raises ShapeError if sizes do not fit, DataError for numbers that cannot be computed with, UsageError for an
        algorithm that cannot do this.

        >>> import numpy as np
        >>> ready = PlainConvolution(np.ones((1, 1, 3)), (Window(3, stride=2),)).computation(np.ones((1, 1, 9)))
        >>> ready.shape, ready.dtype
        ((1, 1, 4), 'float64')
        """
        assert not self.flip, "to_nchw has turned the kernel"
        check_shapes(x.shape, self)
        check_possible((len(x), self.outputs, *output_sizes(self.windows, x.shape[2:])))
        if self.boundary != "zeros":
            check_borders(self.windows, x.shape[2:], self.boundary)
        x, axes = without_gaps(x, self.windows, self.boundary)
        operands = prepare(x, self.kernel, bias_of(self.bias, self.outputs), work)
        if self.boundary == "zeros":
            operands, axes = swapped(operands, axes) or (operands, axes)
        job = job_of(operands, axes, self.groups).replace(boundary=self.boundary)
        step = Step(job, plan(job, algorithm), operands.x, operands.weight, (...,))
        return Computation(operands, (step,), (job.batch, job.outputs, *job.counts), True)

    def seen(self, x: Array, at: Sequence[int]) -> Iterator[SeenPlane]:
        """Yield what output cell `at` (n, o, *place) sees of x (N, C, *spatial), plane by plane.

        >>> import numpy as np
        >>> convolution = PlainConvolution(np.array([[[1, 10]]]), (Window(2, stride=2),))
        >>> plane = next(convolution.seen(np.arange(5).reshape(1, 1, 5), (0, 0, 1)))
        >>> [(int(number), int(weight)) for number, weight in plane.products[0]]
        [(2, 1), (3, 10)]
        """
        sample, output, *place = at
        per_group = self.kernel.shape[1]
        first = output // (self.kernel.shape[0] // self.groups) * per_group
        views = [
            sliding_view(window, size, index, self.boundary)
            for window, size, index in zip(self.windows, x.shape[2:], place, strict=True)
        ]
        for index in range(per_group):
            yield from seen_planes(x[sample, first + index], first + index, views, 0, self.kernel[output, index])
