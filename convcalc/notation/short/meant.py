"""What a word that is not a layer may mean: rows of patterns and hints; loaded on the way to an error only."""

from __future__ import annotations

import re

from convcalc.notation.call.signature import Signatures
from convcalc.notation.call.tree import Call
from convcalc.text import did_you_mean

_BRANCHES = "branches are written in brackets: (A + B) adds them, (A | B) joins them, id is the empty one"
_MODELS = (
    "alexnet|bert|convnext|darknet|densenet|efficientnet|googlenet|gpt|inception|lenet|mnasnet|mobilenet|nasnet|"
    "regnet|resnet|resnext|shufflenet|squeezenet|swin|unet|vgg|vit|wide_resnet|xception|yolo"
)
ROWS = (
    (
        rf"(?:{_MODELS})[-_]?v?\d*\w*",
        "a model is read from what print(model) shows, or from a file: model.onnx, model.py; "
        "some by their names, as torchvision.models.resnet18()",
    ),
    (r"(?:pool|pooling)(?:[123]d)?", "did you mean maxpool{0} or avgpool{0}?"),
    (r"(max|avg|min)[-_]?pool(?:ing)?[-_]?(\d+)(?:x\2)?", "did you mean {1}pool:{2}?"),
    (r"conv(\d+)-(\d+)", "did you mean conv:{2},k{1}?"),
    (r"conv[-_]?(\d+(?:x\d+)?)", "did you mean conv:64,k{1}, where 64 are the output channels?"),
    (r"(\d+)c(\d+)", "did you mean conv:{1},k{2}?"),
    (r"sep(?:arable)?[-_]?conv\w*|separable", "write both of its convolutions: dw:k3,p1 conv:64,k1"),
    (r"(?:up|t)[-_]?conv\w*|conv\w*[-_]?trans\w*|transposed?", "did you mean convT{0}?"),
    (r"(?:jax\.)?lax\.conv\w*|conv_general\w*", "a convolution is written as conv:64,k3,s1,same"),
    (r".*\.\w*(?:convolve|correlate)\w*|filter2d|imfilter", "numbers are convolved by convcalc conv x.npy -k k.npy"),
    (r"adaptive(max|avg)?", "did you mean adaptiveavgpool2d{0}?"),
    (r"global(?:pool(?:ing)?)?", "did you mean gap? it is the average over the whole plane"),
    (r"norm(?:alization)?", "did you mean bn?"),
    (r"pad(?:ding)?", "did you mean zeropad{0}? a layer has its own padding: conv:64,k3,p1"),
    (r"input(?:s|layer)?", "the size of the input stands before the layers: 3x224x224"),
    (
        r"(?:k|kernel)=?\d.*|(?:s|p|d|g|stride|padding|dilation|groups)=?\d.*",
        "an option begins with a dash: `kernel=7`",
    ),
    (r"concat\w*|merge|join|add|sum|skip\w*|residual|res[-_]?block|bottleneck|shortcut", _BRANCHES),
    (r".*\.(?:h5|hdf5|tflite|pb|mlmodel|engine|caffemodel|weights)", "of model files, these are read: {files}"),
    (r"\d+(?:x\d+)*", "the size of a window has its letter: `kernel=7`, or conv:k7"),
)
"""Patterns of whole words in lower case, and their hints: {0} are the fields as written, {1} and {2} groups."""
FILES = ".onnx, .py, .json and .keras, .cfg, .prototxt, the text of print(model)"


def beside_keras(call: Call, hint: str | None, keras: Signatures) -> str | None:
    """Return the hint for what a layer of PyTorch's takes, with what Keras's of that name does."""
    name = f"{call.short_name[:-1]}D"
    if not (hint or "").startswith("it takes") or name not in keras or not call.short_name.endswith("d"):
        return hint
    required = [parameter for parameter, _, default in keras[name][2] if default is ...]
    return f"{hint}; Keras's {name} takes {', '.join(required)}"


def meant(word: str, fields: str, known: list[str]) -> str | None:
    """Return the hint for a word that is not one of the `known` layers, with the `fields` written behind it.

    >>> meant("pool", ":2", []), meant("conv3-64", "", []), meant("covn", ":8", ["conv"])
    ('did you mean maxpool:2 or avgpool:2?', 'did you mean conv:64,k3?', 'did you mean conv?')
    """
    last = word.rpartition(".")[2]
    for text in (word, last):
        for pattern, hint in ROWS:
            found = re.fullmatch(pattern, text[:64].lower())
            if found is not None:
                return hint.format(fields or ":2" * ("pool" in word), *found.groups(), files=FILES)
    return did_you_mean(last, known)
