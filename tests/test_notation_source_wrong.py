"""Programs that PyTorch and Keras refuse: none is answered, each error says where and what is wrong."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from convcalc.errors import UsageError
from convcalc.model.forward import forward
from convcalc.model.request import LayerRequest

sys.path.insert(0, str(Path(__file__).parent / "data"))
from wrong_program_cases import KERAS, PYTORCH, keras_program, pytorch_program  # data, beside its script


def refused(text: str, size: str | None) -> tuple[str | None, str]:
    """Return the place and the message of the error that a program ends with."""
    with pytest.raises(UsageError) as raised:
        forward(LayerRequest((text,), file="net.py"), size)
    return raised.value.place, raised.value.message


@pytest.mark.parametrize("name", PYTORCH)
def test_what_pytorch_refuses_is_refused_at_its_place(name: str) -> None:
    made, run, size, place, message = PYTORCH[name]
    found, said = refused(pytorch_program(made, run), size)
    assert f"{found}: ".startswith(f"net.py:{place}: ")
    assert said.startswith(message)


@pytest.mark.parametrize("name", KERAS)
def test_what_keras_refuses_is_refused_at_its_place(name: str) -> None:
    lines, place, message = KERAS[name]
    found, said = refused(keras_program(lines), "32x32x3" if "class" in lines else None)
    assert f"{found}: ".startswith(f"net.py:{place}: ")
    assert said.startswith(message)


def test_a_forward_that_returns_nothing_is_an_error_there() -> None:
    text = pytorch_program("self.c = nn.Conv2d(3, 8, 3)", "x = self.c(x)")
    assert refused(text, "3x9x8") == ("net.py:10:5", "forward returns nothing")


@pytest.mark.parametrize(
    ("made", "run", "size", "hint"),
    [
        ("self.f = nn.Linear(7, 2)", "return self.f(x)", "9", "in_features=9 takes it"),
        ("self.c = nn.Conv2d(1, 2, 3)", "return self.c(x)", "3x8x9", "in_channels=3 takes it"),
        ("self.n = nn.GroupNorm(2, 8)", "return self.n(x)", "4x8x9", "num_channels=4 takes it"),
        ("self.n = nn.BatchNorm2d(8)", "return self.n(x)", "4x8x9", "num_features=4 takes it"),
        ("self.r = nn.GRU(5, 8, batch_first=True)", "y, _ = self.r(x); return y", "4x6", "input_size=6 takes it"),
        ("self.f = nn.Linear(60, 2)", "return self.f(x)", "3x4x5", "a flatten before it makes 60 features of 3x4x5"),
        ("self.f = nn.Linear(7, 2)", "return self.f(x.view(-1, 7))", "3x4x5",
         "a view of (-1, 60) is one row for each sample"),
    ],
)  # fmt: skip
def test_a_layer_that_does_not_fit_says_what_would(made: str, run: str, size: str, hint: str) -> None:
    with pytest.raises(UsageError) as raised:
        forward(LayerRequest((pytorch_program(made, run),), file="net.py"), size)
    assert raised.value.hint == hint
