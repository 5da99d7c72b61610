"""Plain calls read without Python's parser: what is read is what that parser reads, with the same places."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convcalc.errors import SpecError
from convcalc.notation.call.plain import plain_call
from convcalc.notation.call.syntax import read_expression
from convcalc.notation.call.tree import Argument, Call, Sequence
from convcalc.text import Source

NUMBERS = ["0", "7", "007", "1_000", "-1", "3.5", "1e-05", ".5", "5.", "2*3", "0x1F"]
WORDS = ["True", "None", "False1", "True.x", "x", "'same'", "1 if True else 2"]
TUPLES = ["(1, 2)", "(3,4,5)", "(1,)", "( 1, 2)", "(1, (2, 3))", "()", "[1, 2]"]
VALUES = st.sampled_from([*NUMBERS, *WORDS, *TUPLES])
NAMES = st.sampled_from(["Conv2d", "nn.Conv2d", "a.b.c", "lambda", "nn.None", "é", "x1", "a.1", "a..b"])
SPACES = st.sampled_from(["", " ", "\n  "])


@st.composite
def calls(draw: st.DrawFn, depth: int = 2) -> str:
    inner = VALUES if depth == 0 else VALUES | calls(depth - 1)
    arguments = []
    for _ in range(draw(st.integers(0, 4))):
        keyword = draw(st.sampled_from(["", "", "k=", "k = ", "stride=", "in=", "é="]))
        arguments.append(draw(SPACES) + keyword + draw(inner) + draw(SPACES))
    ending = draw(st.sampled_from([")", ")", ",)", " ", "))", ",,)"]))
    return f"{draw(NAMES)}({','.join(arguments)}{ending}"


def flat(argument: Argument) -> object:
    """Return everything that was read, with its places, in a form that can be compared."""
    value: object = argument.value
    if isinstance(value, Sequence):
        value = [flat(item) for item in value.items]
    elif isinstance(value, Call):
        keywords = [(name, at, flat(each)) for name, at, each in value.keywords]
        value = (
            value.name,
            [flat(item) for item in value.positional],
            keywords,
            value.start,
            value.name_end,
            value.end,
        )
    return type(value), value, argument.start, argument.end


@given(calls(), st.integers(0, 3))
def test_what_is_plain_is_read_as_python_reads_it(text: str, before: int) -> None:
    plain = plain_call(text, before)
    if plain is None:
        return
    source = Source("#" * before + text)
    assert flat(plain) == flat(read_expression(source, before, before + len(text)))


@pytest.mark.parametrize(
    "text",
    [
        "Linear()",
        "nn.Conv2d(3, 64, kernel_size=(7, 5), stride = 2,\n  bias=False)",
        "BatchNorm2d(64, eps=1e-05, momentum=0.1, affine=True)",
        "nn.Sequential(nn.ReLU(), nn.Linear(3, 2),)",
    ],
)
def test_usual_layers_are_plain(text: str) -> None:
    plain = plain_call(text, 0)
    assert plain is not None
    assert flat(plain) == flat(read_expression(Source(text), 0, len(text)))


@pytest.mark.parametrize("text", ["f(1, k=2, 3)", "f(in=3)", "f(1 2)", "f(1,,2)", "f(1))", "f(1", "f(007)"])
def test_what_python_refuses_is_left_to_it(text: str) -> None:
    assert plain_call(text, 0) is None
    with pytest.raises(SpecError, match="cannot be read as a layer"):
        read_expression(Source(text), 0, len(text))


def test_a_long_text_has_its_places() -> None:
    text = "# " + "x" * 3000 + "\nnn.Conv2d(3, 64, kernel_size=7)"
    call = read_expression(Source(text), 3003, len(text)).value
    assert isinstance(call, Call)
    assert text[call.start : call.name_end] == "nn.Conv2d"
    assert [text[argument.start : argument.end] for argument in call.positional] == ["3", "64"]
