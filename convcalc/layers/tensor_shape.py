"""The sizes of a tensor, channels first; a size may be open."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod

from convcalc.errors import ShapeError
from convcalc.text import size_text
from convcalc.value import Value


class TensorShape(Value):
    """The sizes of a tensor, channels first: batch axes (if any), channels (if known), `rank` spatial axes.

    A size is None where it is open: the axis is there, its size is not known.

    >>> shape = TensorShape((20, 16, 50, 100), rank=2)
    >>> shape.batch, shape.channels, shape.spatial
    ((20,), 16, (50, 100))
    >>> print(TensorShape((224, 224), rank=2), TensorShape((3, None, None), rank=2))
    224x224 3x?x?
    """

    sizes: tuple[int | None, ...]
    rank: int

    def check(self) -> None:
        """Refuse sizes below 1 and fewer sizes than spatial axes."""
        for size in self.sizes:
            if size is not None and size < 1:
                raise ShapeError(f"a size must be at least 1, got {size} in {self}")
        if len(self.sizes) < max(self.rank, 1):
            raise ShapeError(f"{self} has fewer than {self.rank} spatial axes")

    @property
    def spatial(self) -> tuple[int | None, ...]:
        """Sizes of the spatial axes."""
        return self.sizes[len(self.sizes) - self.rank :]

    @property
    def known_sizes(self) -> tuple[int, ...]:
        """The sizes as numbers, for what cannot be computed without them.

        Raises ShapeError where one is open.
        """
        return self._known(self.sizes, "every size")

    @property
    def known_spatial(self) -> tuple[int, ...]:
        """The spatial sizes as numbers, for what cannot be computed without them.

        Raises ShapeError where one is open.

        >>> TensorShape((3, 7, None), 2).known_spatial
        Traceback (most recent call last):
        convcalc.errors.ShapeError: this needs to know every spatial size, the input 3x7x? leaves one open
        """
        return self._known(self.spatial, "every spatial size")

    def _known(self, sizes: tuple[int | None, ...], what: str) -> tuple[int, ...]:
        known = tuple(size for size in sizes if size is not None)
        if len(known) < len(sizes):
            raise ShapeError(f"this needs to know {what}, the input {self} leaves one open")
        return known

    @property
    def has_channels(self) -> bool:
        """Whether there is an axis of channels, its size known or open."""
        return len(self.sizes) > self.rank

    @property
    def channels(self) -> int | None:
        """The number of channels (the features of a flat tensor), None where it is open or there is no such axis."""
        return self.sizes[-self.rank - 1] if self.has_channels else None

    @property
    def batch(self) -> tuple[int | None, ...]:
        """Sizes of the axes before the channels; empty for a single sample."""
        return self.sizes[: max(0, len(self.sizes) - self.rank - 1)]

    def agrees(self, other: TensorShape) -> bool:
        """Return whether the sizes of one sample are those of another shape, as far as both are known.

        >>> shape = TensorShape((1, 3, 8, 9), 2)
        >>> shape.agrees(TensorShape((3, 8, None), 2)), shape.agrees(TensorShape((4, 8, 9), 2))
        (True, False)
        """
        sizes, others = self.sizes[len(self.batch) :], other.sizes if self.has_channels else other.spatial
        pairs = zip(sizes, others, strict=False)
        return len(sizes) == len(others) and all(None in pair or pair[0] == pair[1] for pair in pairs)

    @property
    def elements(self) -> int | None:
        """How many numbers a tensor of this shape holds, None where a size is open."""
        return product(self.sizes)

    @property
    def channels_last(self) -> tuple[int | None, ...]:
        """Sizes of one sample with the channels last, as Keras counts its axes."""
        return (*self.spatial, self.channels) if self.has_channels else self.spatial

    def laid_out(self, layout: str) -> tuple[int | None, ...]:
        """Return the sizes in the order of a layout, `chw` or `hwc`.

        >>> TensorShape((8, 3, 224, 200), 2).laid_out("hwc")
        (8, 224, 200, 3)
        """
        return self.sizes if layout == "chw" else (*self.batch, *self.channels_last)

    @property
    def with_channels_last(self) -> TensorShape:
        """The same shape with its axes in Keras's order, as if the last were one of space.

        >>> print(TensorShape((8, 3, 224, 200), 2).with_channels_last)
        8x224x200x3
        """
        return TensorShape(self.laid_out("hwc"), self.rank)

    def with_sample(self, channels_last: tuple[int | None, ...]) -> TensorShape:
        """Keep the batch and replace the sample by sizes whose last are the channels.

        >>> print(TensorShape((5, 784), 0).with_sample((28, 14, 2)))
        5x2x28x14
        """
        return TensorShape((*self.batch, channels_last[-1], *channels_last[:-1]), len(channels_last) - 1)

    def with_channels(self, channels: int | None, spatial: tuple[int | None, ...]) -> TensorShape:
        """Keep the batch and replace the rest; channels None stay open, or left out where there are none.

        >>> print(TensorShape((3, 7), 1).with_channels(None, (5,)), TensorShape((7,), 1).with_channels(None, (5,)))
        ?x5 5
        """
        middle = (channels,) if channels is not None or self.has_channels else ()
        return TensorShape(self.batch + middle + spatial, len(spatial))

    def __str__(self) -> str:
        return size_text(self.sizes)


def product(sizes: Iterable[int | None]) -> int | None:
    """Multiply sizes; None where one of them is open.

    >>> product((3, 4)), product((3, None))
    (12, None)
    """
    known = []
    for size in sizes:
        if size is None:
            return None
        known.append(size)
    return prod(known)


def features_misfit(expected: int, found: int | None, shape: TensorShape, hint: str | None = None) -> ShapeError:
    """Return the error for a layer that takes another number of features than it finds, to be raised by the caller.

    >>> features_misfit(1050, 1568, TensorShape((1568,), 0)).message
    'the layer takes 1050 features, the input has 1568'
    """
    where = "the input has {}" if len(shape.sizes) == 1 else f"the input {shape} has {{}} on its last axis"
    error = ShapeError(f"the layer takes {expected} features, {where.format(found)}", hint=hint)
    error.fits = found
    return error
