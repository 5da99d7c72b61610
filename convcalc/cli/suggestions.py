"""What a word that is not convcalc's may mean: rows from the words of other programs and of textbooks to ours."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

OPTIONS: dict[str, tuple[str, ...]] = {
    "--steps --step-by-step --working --work --why --how --verbose -v --show-work --derivation": ("--explain",),
    "--answer --verify --claim --expect --expected --is": ("--check {}",),
    "--solution --reveal": ("--show-answer", "--explain"),
    "--filters --features --channels --out --output-channels --out-features --oc --cout -c -n": (
        "--out-channels {}",
        "the first axis of the kernel: a bank of kernels has one for each output channel",
    ),
    "--in-channels --input-channels --ic --cin": ("the channels of INPUT, as in 3x224x224",),
    "--size --kernel-size --ksize --window --window-size --filter-size --pool-size --filter-shape": ("-k {}",),
    "--filter": ("-k {}",),
    "--strides --step --hop --subsample": ("-s {}",),
    "--mode --pad --pads --padding-type --auto-pad": ("-p {}",),
    "--dilation-rate --dilations --rate --atrous": ("-d {}",),
    "--group --depthwise": ("-g {}",),
    "--axes --rank --ndim --1d --2d --3d": ("--dims {}",),
    "--use-bias --biases --with-bias": ("--bias {}",),
    "--ceil-mode": ("--ceil",),
    "--padding-mode --pad-mode --border --borders --border-type --bordertype --edge --fill --fillvalue --cval": (
        "--boundary {}",
        "padding of another kind in the layer: conv:8,k3,p1,reflect",
    ),
    "--receptive-field --rf --fov": ("--region {}", "convcalc shape, which shows the receptive field"),
    "--output-size --target --goal": ("--want {}", "--adaptive {}"),
    "--to --convert --translate --framework --notation": ("--as {}",),
    "--input-size --input-shape --shape --in -i": ("--input {}", "INPUT, which stands before the layers: 3x224x224"),
    "--batch-size -b": ("--batch {}", "a first axis of INPUT"),
    "--data-format --channels-last --nhwc --hwc --nchw": ("--layout {}",),
    "--model --network --net --layers-file --load": ("-f {}",),
    "--out-file --outfile --save --write --export": ("-o {}",),
    "--silent --bare --brief --short-answer --terse": ("-q",),
    "--form --type": ("-F {}",),
    "--colour": ("--color {}",),
    "--no-color --no-colour --monochrome": ("--color never",),
    "--decimals --digits --round": ("--precision {}",),
    "--heat --plot --show": ("--heatmap",),
    "--true --math --mathematical --rot180 --reverse --convolution": ("--flip",),
    "--transpose --deconv --deconvolution": ("--transposed",),
    "--backward --gradient --gradients --backprop --vjp": ("--grad {}",),
    "--cell --cells --pixel --position": ("--at {}", "--region {}"),
    "--tolerance --atol --rtol --eps": ("--tol {}",),
    "--exercise --exercises --worksheet --questions --problems": ("--sheet {}",),
    "--test --practice --practise --train": ("--quiz",),
    "--level": ("--difficulty {}",),
    "--jobs -j --workers --cores --num-threads": ("--threads {}",),
    "--ram --mem --max-memory": ("--memory {}",),
    "--animate --animation --slide": ("--watch",),
    "--fractions --fraction --rational": ("--exact",),
    "--flops --macs --params --parameters --weights --cost --summary": ("convcalc params, which counts them",),
    "--files --glob --batch": ("--inputs {}",),
    "--list --list-kernels --names": ("--kernels", "--layers"),
    "--help-full --full-help --man --all": ("--help-all",),
}
"""Options of other programs and ours: the first that the command has, or a sentence; {} is the value."""

COMMANDS = {
    "flops macs flop mac cost memory mem weights parameters param count counts summary torchinfo thop complexity": (
        "params"
    ),
    "size sizes output out dims shapes dimension dimensions receptive-field receptive_field rf field region solve "
    "infer translate convert explain": "shape",
    "convolve convolution correlate correlation cross-correlation filter filter2d convolve2d imfilter": "conv",
    "pooling max-pool avg-pool maxpooling": "pool",
    "quiz exercise exercises practice": "shape --quiz",
    "sheet worksheet homework": "shape --sheet 10",
    "kernels kernel": "conv --kernels",
    "layers layer notation": "shape --layers",
    "version": "--version",
    "man manual": "--help-all",
}
"""Words that are taken for a command, and the command that is meant."""

DATA_ENDINGS = (
    ".npy",
    ".npz",
    ".csv",
    ".tsv",
    ".txt",
    ".png",
    ".jpg",
    ".jpeg",
    ".pgm",
    ".ppm",
    ".tif",
    ".bmp",
    ".mat",
)


def meant_option(tree: Any, command: str, word: str, arguments: Sequence[str]) -> str | None:
    """Return what an option that a built command does not have is meant to be, with its value; None if not known.

    >>> from convcalc.cli.commands import build
    >>> shape = build(["shape"]).commands["shape"]
    >>> [meant_option(shape, "shape", *line) for line in (("--steps", []), ("--mode", ["--mode", "full"]))]
    ['--explain', '-p full']
    """
    name, value = word.lower().replace("_", "-"), _value(word, arguments)
    for words, targets in OPTIONS.items():
        if name in words.split():
            for target in targets:
                if not target.startswith("-") or _has(tree, target):
                    known = (
                        _option_of_value(tree, command, value) if "{}" in target and not value[:1].isdigit() else None
                    )
                    return known or target.replace("{}", value).strip()
    return _option_of_value(tree, command, name.lstrip("-"))


def _value(word: str, arguments: Sequence[str]) -> str:
    """Return what stands behind an option on the command line, in quotes where it needs them."""
    for argument, following in zip(arguments, [*arguments[1:], ""], strict=False):
        if argument == word:
            return "" if following.startswith("-") else shlex.quote(following) if following else ""
        if argument.startswith(f"{word}="):
            return shlex.quote(argument.partition("=")[2])
    return ""


def _has(tree: Any, target: str) -> bool:
    name = target.split()[0]
    return any(name in (*each.opts, *each.secondary_opts) for each in tree.params)


def _option_of_value(tree: Any, command: str, word: str) -> str | None:
    """Return the option whose value a word may be: --latex is -F latex, --same is -p same."""
    from convcalc.cli.known_words import option_words

    for each in tree.params:
        if each.param_type_name == "option" and word[:1].isalpha() and word in option_words(command, each):
            return f"{each.opts[0]} {word}"
    return None


def meant_command(tree: Any, arguments: Sequence[str]) -> str | None:
    """Return the hint with the line to type where the first word is not a command, None where nothing is close.

    >>> from convcalc.cli.commands import build
    >>> tree = build(["shape", "params", "conv", "pool"])
    >>> meant_command(tree, ["224", "-k", "7"]), meant_command(tree, ["flops", "model.onnx"])
    ('type: convcalc shape 224 -k 7', 'type: convcalc params model.onnx')
    """
    from convcalc.notation import is_bare, is_size
    from convcalc.text import close_names

    word, rest = arguments[0], arguments[1:]
    name = next((target for words, target in COMMANDS.items() if word.lower() in words.split()), None)
    if is_bare(word) and rest and is_size(rest[0]):
        name, rest = "shape", [rest[0], word, *rest[1:]]
    if name is None and (close := close_names(word, tree.commands)):
        name = close[0]
    if name is None:
        name, rest = _command_of_argument(word, rest), arguments
    return f"type: {shlex.join(['convcalc', *name.split(), *rest])}" if name else None


def _command_of_argument(word: str, rest: Sequence[str]) -> str | None:
    """Return the command whose first argument a word may be: a size, a layer, a file of a model or of numbers."""
    from convcalc.cli.known_words import POOL_KINDS
    from convcalc.errors import UsageError
    from convcalc.model.files import MODEL_ENDINGS
    from convcalc.notation import is_size, parse_layers

    if is_size(word):
        return "shape"
    if word.lower().endswith(DATA_ENDINGS) or ";" in word:
        return "pool" if rest and rest[0] in POOL_KINDS else "conv"
    if word.lower().endswith(MODEL_ENDINGS):
        return "params"
    try:
        parse_layers(word)
    except UsageError:
        return None
    return "params"
