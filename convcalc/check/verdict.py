"""What is found about a claim: whether it is right, which parts of it are wrong, and what explains it."""

from __future__ import annotations

from typing import Any

from convcalc.value import Value


class Slip(Value):
    """A mistake that was made: its name, and what it is, wherever it was made.

    `layers` are the indices of the layers in which it was made, where it could have been made in others, too.
    """

    name: str
    general: str
    layers: tuple[int, ...] = ()

    @property
    def sentence(self) -> str:
        """What the mistake is, for the student, with the layer where that is one of several.

        >>> Slip("padding-forgotten", "the padding was forgotten", (2,)).sentence
        'the padding was forgotten (in layer 3)'
        """
        where = ", ".join(str(index + 1) for index in self.layers)
        return f"{self.general} (in layer {where})" if where else self.general


class WrongCell(Value):
    """A part of a claim that is wrong: where it stands, what was claimed, what is right."""

    at: tuple[int | str, ...]
    claimed: Any
    right: Any


class Verdict(Value):
    """Whether a claim is right, and a sentence about it.

    `explanations` are the slips that give exactly the claimed answer, the simplest first, each of them one slip or
    two made together; `searched` is False where not all that can be made together were tried. `cells` are the parts
    that are wrong (the first of them, where there are many), `score` is how many parts are right and how many there
    are. `claim` is a claimed matrix in the shape of the answer, None where its own does not fit.
    """

    right: bool
    message: str
    explanations: tuple[tuple[Slip, ...], ...] = ()
    cells: tuple[WrongCell, ...] = ()
    score: tuple[int, int] = (0, 1)
    claim: Any = None
    searched: bool = True

    @property
    def mistake(self) -> str | None:
        """The name of the first mistake that explains the claim, None where none does.

        >>> Verdict(right=False, message="", explanations=((Slip("sign", "a sign was lost"),),)).mistake
        'sign'
        """
        return self.explanations[0][0].name if self.explanations else None
