"""A convolution calculator for the command line; this docstring is the map of the house.

A module imports only what its row names, the modules of its own room, `errors`, `value`, `text` and `limits`, and
the standard library (`tests/test_house.py` walks the imports against this table).

| room       | its one job                                               | imports                                  |
| ---------- | --------------------------------------------------------- | ---------------------------------------- |
| `errors`   | the exception tree; each class knows its exit code        |                                          |
| `value`    | immutable values at no cost to start-up                   |                                          |
| `text`     | a text and its places, close names, printable text, sizes |                                          |
| `limits`   | how much may be held in memory at once, and the refusal   |                                          |
| `geometry` | one axis in whole numbers: windows, padding, size formula |                                          |
| `axis_maps` | what a layer does to one axis: size, cells seen, field   | geometry                                 |
| `layers`   | shapes and layer families: shape rule, parameters, MACs   | axis_maps, geometry                      |
| `notation` | text to layers and back, every node keeping its place     | layers, geometry                         |
| `network`  | questions about a network: sizes, fields, cost, backwards | layers, axis_maps, geometry              |
| `model`    | a network as written: read, sent forward, `?`, translated | notation, network, layers, matrix        |
| `explain`  | derivations as data: formulas with their numbers put in   | network, layers, axis_maps, geometry,    |
|            |                                                           | compute                                  |
| `check`    | a claim: how far right, and which mistake gives just that | compute, network, layers, axis_maps,     |
|            |                                                           | geometry                                 |
| `exercise` | questions made from a seed: sheets, their keys, judging   | check, explain, notation, network,       |
|            |                                                           | layers, geometry, compute, matrix, numpy |
| `matrix`   | numbers in and out: text, `.npy`, named kernels, files    | geometry, numpy, orjson, PIL             |
| `compute`  | the arithmetic: convolution, pooling, their gradients     | layers, geometry, numpy                  |
| `report`   | what a command found, for the eye and for machines        | explain, check, notation, network,       |
|            |                                                           | layers, axis_maps, geometry              |
| `render`   | a report as plain text, a Rich table, JSON                | report, exercise, explain, matrix, rich  |
| `api`      | what notebooks and programs call                          | model, exercise, check, notation,        |
|            |                                                           | network, layers, geometry, matrix,       |
|            |                                                           | compute, numpy                           |
| `cli`      | the command line; alone prints an error or exits          | everything                               |
"""

TYPE_CHECKING = False  # typing's own would cost more to import than all the rest
if TYPE_CHECKING:
    from convcalc.api import (
        check_convolve,
        check_params,
        check_pool,
        check_shape,
        convolve,
        exercises,
        gradients,
        indices,
        params,
        parse,
        pool,
        pool_gradient,
        shape,
    )

__all__ = [
    "__version__",
    "check_convolve",
    "check_params",
    "check_pool",
    "check_shape",
    "convolve",
    "exercises",
    "gradients",
    "indices",
    "params",
    "parse",
    "pool",
    "pool_gradient",
    "shape",
]

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """Import the functions of `convcalc.api` when they are first asked for; the command line never does."""
    if name in __all__:
        from convcalc import api

        return vars(api)[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
