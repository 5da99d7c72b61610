"""The names that Keras knows for arguments of training alone: they change no size and no count, but may be wrong."""

from __future__ import annotations

from convcalc.notation.call.arguments import BoundArguments
from convcalc.text import did_you_mean

_SNAKE = {
    "_initializer": (
        *("constant", "glorot_normal", "glorot_uniform", "he_normal", "he_uniform", "identity", "lecun_normal"),
        *("lecun_uniform", "normal", "one", "ones", "orthogonal", "random_normal", "random_uniform", "stft"),
        *("truncated_normal", "uniform", "variance_scaling", "zero", "zeros"),
    ),
    "_regularizer": ("l1", "l1_l2", "l1l2", "l2", "orthogonal_regularizer"),
    "_constraint": ("max_norm", "min_max_norm", "non_neg", "unit_norm"),
}
NAMES = {
    ending: {*names, *("".join(word.capitalize() for word in name.split("_")) for name in names)}
    for ending, names in _SNAKE.items()
}
NAMES["_initializer"] |= {"IdentityInitializer", "OrthogonalInitializer", "STFT", "STFTInitializer"}
NAMES["_regularizer"] |= {"L1L2"}


def check_training(bound: BoundArguments) -> None:
    """Refuse an initializer, a regularizer or a constraint by a name that Keras does not know.

    Raises SpecError at the argument.
    """
    for name, value in bound.values.items():
        ending = f"_{name.rpartition('_')[2]}"
        if isinstance(value, str) and name.endswith(ending) and ending in NAMES and value not in NAMES[ending]:
            kind = ending[1:]
            message = f"there is no {kind} {value[:40]!r} in Keras"
            raise bound.fault(name, message, did_you_mean(value, sorted(NAMES[ending])))
