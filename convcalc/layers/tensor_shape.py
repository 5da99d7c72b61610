"""The sizes of a tensor, channels first."""

from __future__ import annotations

from math import prod

from convcalc.errors import ShapeError
from convcalc.text import size_text
from convcalc.value import Value


class TensorShape(Value):
    """The sizes of a tensor, channels first: batch axes (if any), channels (if known), `rank` spatial axes.

    >>> shape = TensorShape((20, 16, 50, 100), rank=2)
    >>> shape.batch, shape.channels, shape.spatial
    ((20,), 16, (50, 100))
    >>> print(TensorShape((224, 224), rank=2), TensorShape((224, 224), rank=2).channels)
    224x224 None
    """

    sizes: tuple[int, ...]
    rank: int

    def check(self) -> None:
        """Refuse sizes below 1 and fewer sizes than spatial axes."""
        for size in self.sizes:
            if size < 1:
                raise ShapeError(f"a size must be at least 1, got {size} in {self}")
        if len(self.sizes) < max(self.rank, 1):
            raise ShapeError(f"{self} has fewer than {self.rank} spatial axes")

    @property
    def spatial(self) -> tuple[int, ...]:
        """Sizes of the spatial axes."""
        return self.sizes[len(self.sizes) - self.rank :]

    @property
    def channels(self) -> int | None:
        """The number of channels (the features of a flat tensor), None where it is left open."""
        return self.sizes[-self.rank - 1] if len(self.sizes) > self.rank else None

    @property
    def batch(self) -> tuple[int, ...]:
        """Sizes of the axes before the channels; empty for a single sample."""
        return self.sizes[: max(0, len(self.sizes) - self.rank - 1)]

    @property
    def elements(self) -> int:
        """How many numbers a tensor of this shape holds."""
        return prod(self.sizes)

    @property
    def channels_last(self) -> tuple[int, ...]:
        """Sizes of one sample with the channels last, as Keras counts its axes."""
        return self.spatial if self.channels is None else (*self.spatial, self.channels)

    def laid_out(self, layout: str) -> tuple[int, ...]:
        """Return the sizes in the order of a layout, `chw` or `hwc`.

        >>> TensorShape((8, 3, 224, 200), 2).laid_out("hwc")
        (8, 224, 200, 3)
        """
        return self.sizes if layout == "chw" else (*self.batch, *self.channels_last)

    def with_sample(self, channels_last: tuple[int, ...]) -> TensorShape:
        """Keep the batch and replace the sample by sizes whose last are the channels.

        >>> print(TensorShape((5, 784), 0).with_sample((28, 14, 2)))
        5x2x28x14
        """
        return self.with_channels(channels_last[-1], channels_last[:-1])

    def with_channels(self, channels: int | None, spatial: tuple[int, ...]) -> TensorShape:
        """Keep the batch and replace the rest."""
        middle = () if channels is None else (channels,)
        return TensorShape(self.batch + middle + spatial, len(spatial))

    def __str__(self) -> str:
        return size_text(self.sizes)
