"""Layers and models of Keras's whose description stands elsewhere, or that come before a network: why, and a way out.

Loaded on the way to an error only.
"""

from __future__ import annotations

import re

_APPLICATIONS = re.compile(
    r"Xception|VGG1[69]|ResNet\d+(V2)?|InceptionV3|InceptionResNetV2|MobileNet(V2|V3(Small|Large))?|DenseNet\d+"
    r"|NASNet(Mobile|Large)|EfficientNet(V2)?[BSML]\d?|ConvNeXt(Tiny|Small|Base|Large|XLarge)"
)
_LOADED = ("load_model", "model_from_json", "model_from_config", "clone_model", "KerasLayer", "from_preset",
           "load_from_saved_model", "TFSMLayer")  # fmt: skip
_OF_TEXT_AND_FEATURES = ("TextVectorization", "StringLookup", "IntegerLookup", "Hashing", "HashedCrossing",
                         "CategoryEncoding", "Discretization")  # fmt: skip
_CELLS = ("RNN", "StackedRNNCells", "LSTMCell", "GRUCell", "SimpleRNNCell")
_SAVE = 'let Python write it, open("model.json", "w").write(model.to_json()), then: convcalc params -f model.json'


def why_not_read(dotted: str, *, saved: bool = False) -> tuple[str, str] | None:
    """Return why a layer or a model is not read by its name alone, and a way out; None for another name.

    >>> why_not_read("keras.applications.VGG16")[0]
    'the layers of keras.applications.VGG16 are not in this program, only its name'
    >>> why_not_read("layers.Dense") is None
    True
    """
    word, shown = dotted.rpartition(".")[2], dotted[:60]
    if "applications." in dotted or _APPLICATIONS.fullmatch(word):
        return f"the layers of {shown} are not in this program, only its name", _SAVE
    if word in _LOADED:
        return f"the model of {shown} is in another file", "read that one: convcalc params -f model.keras"
    if word in _OF_TEXT_AND_FEATURES:
        way = "begin the model behind it, with an Input of the size that it makes"
        return (
            f"{word} makes numbers of data before the network, by a vocabulary or bins that are not known here",
            way,
        )
    if word in _CELLS:
        way = "RNN(LSTMCell(8)) is LSTM(8); several cells are layers one after the other, with return_sequences=True"
        return "cells are read as the layers LSTM, GRU and SimpleRNN alone", way
    if word == "Lambda" and saved:
        way = "read the program that defines it: convcalc params -f net.py"
        return "the function of a Lambda is saved as code, which is never run", way
    return None
