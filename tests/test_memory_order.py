"""Views that PyTorch refuses because the numbers would have to be copied; NumPy's arrays are the second opinion."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convcalc import shape
from convcalc.errors import ConvcalcError, SpecError
from convcalc.notation.source.memory_order import strides_of_view

PROGRAM = """
import torch
import torch.nn as nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(4, 4, 1)
    def forward(self, x):
        x = self.a(x)
        b = x.size(0)
        return {}
"""


@st.composite
def moved_arrays(draw: st.DrawFn) -> np.ndarray:
    sizes = draw(st.lists(st.sampled_from([1, 2, 3, 4, 6]), min_size=1, max_size=4))
    array = np.arange(np.prod(sizes)).reshape(sizes).transpose(draw(st.permutations(range(len(sizes)))))
    axis = draw(st.integers(0, array.ndim - 1))
    start, step = draw(st.integers(0, array.shape[axis] - 1)), draw(st.integers(1, 2))
    array = array[(slice(None),) * axis + (slice(start, None, step),)]
    return np.broadcast_to(array, (draw(st.sampled_from([1, 3])), *array.shape))


@given(moved_arrays(), st.data())
def test_views_are_those_that_numpy_makes_without_a_copy(array: np.ndarray, data: st.DataObject) -> None:
    wanted, left = [], array.size
    while left > 1:
        wanted.append(data.draw(st.sampled_from([size for size in range(2, left + 1) if left % size == 0])))
        left //= wanted[-1]
    wanted = data.draw(st.permutations([*wanted, *data.draw(st.sampled_from([[], [1]]))]))
    view = array.view()
    try:
        view.shape = tuple(wanted)
    except AttributeError:  # NumPy's word for a view that needs a copy
        expected = None
    else:
        expected = [stride // array.itemsize for stride in view.strides]
    found = strides_of_view(array.shape, [stride // array.itemsize for stride in array.strides], wanted)
    assert (found is None) == (expected is None)
    if found is not None and expected is not None:
        assert [each for each, size in zip(found, wanted, strict=True) if size > 1] == [
            each for each, size in zip(expected, wanted, strict=True) if size > 1
        ]


# What PyTorch 2.14 says to a batch of 5 of 4x6x3: None where it refuses.
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("x.transpose(2, 3).view(b, 4, -1)", None),
        ("x.transpose(2, 3).reshape(b, 4, -1)", (4, 18)),
        ("x.transpose(2, 3).contiguous().view(b, 4, -1)", (4, 18)),
        ("x.transpose(1, 3).flatten(2).view(b, -1)", (72,)),
        ("x.permute(0, 2, 1, 3).view(b, 6, 2, 2, 3)", (6, 2, 2, 3)),
        ("x.permute(0, 2, 3, 1).view(b, -1, 4)", (18, 4)),
        ("x.permute(0, 2, 3, 1).view(b, -1)", None),
        ("x.permute(0, 2, 3, 1).permute(0, 3, 1, 2).view(b, -1)", (72,)),
        ("x[:, 1:].view(b, -1)", (54,)),
        ("x[:, :, 1:].view(b, -1)", None),
        ("x[:, ::2].view(b, 2, 18)", (2, 18)),
        ("x[:, ::2].view(b, 36)", None),
        ("x[:, 1].view(b, -1)", (18,)),
        ("x[..., 0].view(b, -1)", (24,)),
        ("x.chunk(2, dim=2)[1].view(b, -1)", None),
        ("x.chunk(2, dim=2)[1].view(b, 4, -1)", (4, 9)),
        ("x.unsqueeze(1).expand(-1, 2, -1, -1, -1).view(b, -1)", None),
        ("x.unsqueeze(1).expand(-1, 2, -1, -1, -1).view(b, 2, -1)", (2, 72)),
        ("x.unfold(3, 2, 1).view(b, 4, 6, -1)", None),
        ("(x @ x.transpose(-2, -1)).view(b, -1)", (144,)),
        ("x.transpose(2, 3).mean(1).view(b, -1)", (18,)),
    ],
)
def test_a_view_of_moved_numbers_is_answered_where_pytorch_makes_it(
    expression: str, expected: tuple[int, ...] | None
) -> None:
    text = PROGRAM.format(expression)
    if expected is None:
        with pytest.raises(SpecError, match="this view needs a copy"):
            shape("4x6x3", text)
    else:
        assert shape("4x6x3", text) == expected


def test_a_program_given_as_text_knows_its_input_and_its_class() -> None:
    text = PROGRAM.format("x.view(b, x.size(1) // 2, -1)")
    assert shape("4x6x3", text) == (2, 36)
    assert shape("4x6x3", text, class_name="Net") == (2, 36)


@pytest.mark.parametrize(
    ("expression", "size", "expected"),
    [
        # What PyTorch 2.14 puts out for a batch of 2.
        ("self.a(x).view(-1, 6)", "2x4x8x6", (64, 6)),
        ("self.a(x).view(16, -1)", "2x4x8x6", (16, 24)),
        ("self.a(x).permute(0, 2, 3, 1).contiguous().view(-1, 4)", "2x4x8x6", (96, 4)),
        ("x.transpose(1, 2).topk(2, dim=1)[0].view(b, -1)", "2x4x4x4", (2, 32)),
        (
            "nn.functional.scaled_dot_product_attention(*[x.transpose(1, 2)] * 3).transpose(1, 2).view(b, 4, -1)",
            "2x4x3x6",
            (2, 4, 18),
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:the program moves the batch axis")
def test_a_view_that_folds_the_batch_or_follows_a_copy_is_answered(
    expression: str, size: str, expected: tuple[int, ...]
) -> None:
    assert shape(size, PROGRAM.format(expression)) == expected


@pytest.mark.parametrize(
    ("steps", "is_refused"),
    [
        # As PyTorch ran them on 5x4x6x3.
        ("x.transpose(1, 2).relu().view(b, 24, 3)", True),
        ("x.transpose(1, 2).clone().view(b, -1)", True),
        ("x.transpose(1, 2).detach().float().view(b, -1)", True),
        ("x[:, :, ::2].clone().view(b, -1)", False),
        ("(x[:, :, ::2] * 2).view(b, -1)", False),
        ("x[:, :, ::2].detach().view(b, -1)", True),
        ("(x.permute(0, 2, 3, 1) + x.permute(0, 2, 3, 1)).view(b, 72)", True),
        ("(torch.zeros(1, 6, 3, 4) + x.permute(0, 2, 3, 1)).view(b, 72)", False),
        ("(x.permute(0, 2, 3, 1) - x.permute(0, 2, 3, 1).mean(1, keepdim=True)).view(b, 72)", True),
        ("x.permute(0, 2, 3, 1).sum(1).view(b, 12)", False),
        ("torch.einsum('bcij->bicj', x).view(b, 72)", True),
        ("torch.sigmoid(x.transpose(2, 3)).view(b, 4, -1)", True),
        ("torch.sigmoid(x.transpose(2, 3)).view(b, 2, 2, 3, 6)", False),
    ],
)
def test_what_is_computed_number_by_number_keeps_the_order_of_axes(steps: str, *, is_refused: bool) -> None:
    if is_refused:
        with pytest.raises(SpecError, match="this view needs a copy"):
            shape("4x6x3", PROGRAM.format(steps))
    else:
        shape("4x6x3", PROGRAM.format(steps))


@pytest.mark.parametrize(
    ("size", "made", "steps", "message"),
    [
        ("1", "nn.LayerNorm([5, 1])", "self.a(x[:, -1].view(b, 1).flip(1).view(-1, 1))", "normalizes over 5x1"),
        ("3x6x2", "nn.Softmax(-1)", "(y * self.a(y)).sum(1)", "there is no axis 1"),
    ],
)
def test_one_number_for_each_sample_is_refused_where_it_does_not_fit(
    size: str, made: str, steps: str, message: str
) -> None:
    program = PROGRAM.replace("nn.Conv2d(4, 4, 1)", made).replace(
        "x = self.a(x)", "y = x.squeeze().flatten(1).sum(1)"
    )
    with pytest.raises(ConvcalcError, match=message):
        shape(size, program.format(steps))
