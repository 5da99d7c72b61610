"""A convolution that a command asks for, as those that change it see it: all but its input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convcalc.cli.jobs import ConvolutionJob
    from convcalc.cli.options import Group
    from convcalc.matrix import Matrix
    from convcalc.matrix.row_stream import IncomingRows

Notes = tuple[str, ...]


class ConvolutionRequest(Protocol):
    """A convolution but for its input."""

    @property
    def text(self) -> str | None:
        """LAYER."""

    @property
    def layout(self) -> str | None:
        """Where the channels are."""

    @property
    def filters(self) -> Group:
        """The options of the kernel."""

    @property
    def window(self) -> Group:
        """The options of the window."""

    @property
    def kernel(self) -> Matrix:
        """The kernel."""

    def through(self, rows: IncomingRows) -> tuple[Iterator[Any], Notes] | None:
        """Return the result row by row as rows come, with the notes; None where it takes the whole input."""

    def on(self, x: Matrix) -> tuple[ConvolutionJob, Notes]:
        """Return the convolution of a matrix, and notes."""

    def for_axes_of(self, x: Matrix) -> ConvolutionRequest:
        """Return the same with a box or Gaussian of one axis where the input is a series."""

    def replace(self, **changes: Any) -> ConvolutionRequest:
        """Return the same convolution with other options."""
