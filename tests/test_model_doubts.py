"""What sizes leave in doubt: sequences cut short, maps taken for features."""

from __future__ import annotations

import pytest

from convcalc.errors import ShapeError
from convcalc.model.forward import forward
from convcalc.model.request import LayerRequest

LSTM = "(lstm): LSTM(5, 7, batch_first=True)"
CONV = "(conv): Conv1d(4, 6, kernel_size=(3,), stride=(1,), padding=(1,))"


def test_a_linear_layer_behind_a_sequence_may_take_one_place() -> None:
    (_, doubt) = forward(LayerRequest((f"Net({LSTM} (fc): Linear(7, 2))",)), "11x5").network.assumptions
    assert "fc: Linear(7, 2) is run at each of the 11 places of a sequence" in doubt


def test_a_sequential_runs_at_every_place() -> None:
    assert not forward(LayerRequest(("Sequential((0): Linear(5, 7) (1): Linear(7, 2))",)), "11x5").network.assumptions


@pytest.mark.parametrize(
    ("text", "size"),
    [
        (f"Net({CONV} (lstm): LSTM(5, 7, batch_first=True))", "4x5"),
        (f"Net({CONV} (drop): Dropout(p=0.1, inplace=False) (fc): Linear(5, 7))", "4x5"),
        ("Net((p): MaxPool2d(kernel_size=2, stride=2) (fc): Linear(3, 7))", "4x9x6"),
    ],
)
def test_columns_of_a_map_are_not_features(text: str, size: str) -> None:
    with pytest.raises(ShapeError, match=r"would take the . columns of the map") as caught:
        forward(LayerRequest((text,)), size)
    assert caught.value.place is not None


def test_columns_may_be_features_where_the_order_is_certain() -> None:
    text = "Sequential((0): MaxPool2d(kernel_size=2, stride=2) (1): Linear(3, 7))"
    assert forward(LayerRequest((text,)), "4x9x6").output == (4, 4, 7)
