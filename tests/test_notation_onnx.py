"""ONNX: sizes as its own inference has them, numbers as the file holds them; damage is an error with its offset."""

from __future__ import annotations

import base64
import io
import json
import random
from pathlib import Path
from typing import Any

import pytest
from conftest import Run
from protobuf import field

from convcalc.errors import ConvcalcError, DataError, SpecError, UsageError
from convcalc.model.count import count
from convcalc.model.forward import forward
from convcalc.model.request import LayerRequest
from convcalc.notation import Network
from convcalc.notation.files.binary import read_binary
from convcalc.notation.files.onnx.messages import GraphProto, NodeProto, Tensor, read_graph
from convcalc.notation.files.onnx.operators import RULES
from convcalc.notation.files.onnx.reader import Reader
from convcalc.notation.files.onnx.wire import Wire, signed

CASES = json.loads((Path(__file__).parent / "data" / "onnx_models.json").read_text())
BLOCK, VIEW, ATTENTION, SHARED = CASES[-4:]
EXPORTS = json.loads((Path(__file__).parent / "data" / "onnx_exports.json").read_text())


def network(data: bytes) -> Network:
    found = read_binary(io.BytesIO(data), "model.onnx")
    assert found is not None
    return found


def of_case(case: dict[str, Any]) -> Network:
    return network(base64.b64decode(case["bytes"]))


def requested(found: Network) -> LayerRequest:
    return LayerRequest((found,), file="model.onnx")


def outputs(found: Network, size: str | None = None) -> list[list[int | None]]:
    trace = forward(requested(found), size).trace
    return [list(trace.steps[index].output.sizes) for index in trace.outputs]


@pytest.mark.parametrize("case", CASES, ids=["-".join(case["nodes"]) for case in CASES])
def test_sizes_and_numbers_are_those_of_onnx(case: dict[str, Any]) -> None:
    found = of_case(case)
    made = outputs(found)
    for sizes in made:
        # An open batch in front of an image is counted once and left out.
        assert sizes in [wanted[1:] if wanted[0] is None else wanted for wanted in case["outputs"]]
    total = count(requested(found)).cost.total
    assert total.parameters.total + total.parameters.buffers == case["held"]


def test_multiply_accumulates_of_a_block() -> None:
    total = count(requested(of_case(BLOCK))).cost.total
    cells = 10 * 7
    assert total.macs == cells * 8 * 27 + cells * 8 * 8 + 16 * 5


def test_multiply_accumulates_of_attention() -> None:
    total = count(requested(of_case(ATTENTION))).cost.total
    assert total.macs == 2 * 7 * 12 * 12 + 2 * 7 * 7 * 12


def test_an_open_size_is_settled_by_the_input_and_a_fixed_one_is_not() -> None:
    assert outputs(of_case(BLOCK), "5x3x20x14") == [[5, 5]]
    with pytest.raises(UsageError, match="the file fixes its input at 3x20x14, not 3x24x24"):
        outputs(of_case(BLOCK), "3x24x24")
    with pytest.raises(UsageError, match="the file fixes its input at 1x7x12, not 5x7x12") as caught:
        outputs(of_case(ATTENTION), "5x7x12")
    assert caught.value.hint == "the answer is for one sample: 7x12"


def test_constants_that_are_used_twice_count_once_with_a_note() -> None:
    counted = count(requested(of_case(SHARED)))
    assert counted.cost.total.params == 36 + 6
    assert counted.notes == ("36 numbers are constants that an earlier layer takes, too: they count once",)


@pytest.mark.parametrize("case", EXPORTS, ids=[f"{case['exporter']}-{case['made']}" for case in EXPORTS])
def test_constants_that_the_export_made_count_with_a_note_and_buffers_apart(case: dict[str, Any]) -> None:
    found = of_case(case)
    assert outputs(found) == [case["output"]]
    counted = count(requested(found))
    held = counted.cost.total.parameters
    assert (held.total, held.buffers) == (case["parameters"], case["buffers"])
    (note,) = counted.notes
    assert note.startswith(f"{case['made']} numbers are constants that the export made")
    assert forward(requested(found)).network.notes == ()


def test_constants_that_no_layer_takes_do_not_count_with_a_note() -> None:
    found = network(model(node("Relu", ["x"], "y"), extra=weight("idle", 3, 5) + weight("one", 1)))
    counted = count(requested(found))
    assert counted.cost.total.params == 0
    assert counted.notes == (
        "15 numbers are constants that go into other constants or nowhere: they do not count (idle)",
    )


@pytest.mark.parametrize(
    ("equation", "shape", "other", "output", "macs"),
    [
        ("btd,hde->bhte", (2, 9, 16), (4, 16, 8), [2, 4, 9, 8], 2 * 9 * 16 * 4 * 8),
        ("bhtd,bhsd->bhts", (2, 3, 7, 5), (2, 3, 7, 5), [2, 3, 7, 7], 2 * 3 * 7 * 5 * 7),
        ("...ij,jk", (2, 3, 7, 5), (5, 4), [2, 3, 7, 4], 2 * 3 * 7 * 5 * 4),
        ("bij,bij->b", (2, 7, 5), (2, 7, 5), [2], 2 * 7 * 5),
        ("i,j->ji", (7,), (5,), [5, 7], 7 * 5),
        ("iij->ji", (7, 7, 5), None, [5, 7], 0),
    ],
)
def test_an_einstein_sum_multiplies_once_for_each_place_of_its_labels(
    equation: str, shape: tuple[int, ...], other: tuple[int, ...] | None, output: list[int], macs: int
) -> None:
    inputs: dict[str, tuple[int | None, ...]] = {"x": shape} if other is None else {"x": shape, "z": other}
    einsum = NodeProto("Einsum", tuple(inputs), ("y",), "sum", {"equation": equation})
    found = Reader(GraphProto((einsum,), {}, inputs, ("y",)), "net.onnx").run(RULES).network()
    size = " ".join(f"{name}={'x'.join(map(str, sizes))}" for name, sizes in inputs.items())
    passed = count(requested(found), size)
    assert passed.cost.trace is not None
    assert list(passed.cost.trace.output.sizes) == output
    assert passed.cost.total.macs == macs


@pytest.mark.parametrize(
    "equation", ["bij,bkj->bik", "bij,bjk->bi", "bij,bjk->bim", "bij->bi", "ij,jk->ik", "b1j,bjk->b"]
)
def test_an_einstein_sum_that_does_not_fit_is_refused(equation: str) -> None:
    inputs: dict[str, tuple[int | None, ...]] = {"x": (2, 7, 5), "z": (2, 5, 4)}
    einsum = NodeProto("Einsum", ("x", "z"), ("y",), "sum", {"equation": equation})
    with pytest.raises(ConvcalcError, match=r"Einsum|b1j|bij|ij,jk"):
        outputs(Reader(GraphProto((einsum,), {}, inputs, ("y",)), "net.onnx").run(RULES).network(), "x=2x7x5 z=2x5x4")


def test_quantized_weights_are_found_where_their_operator_has_them() -> None:
    extra = b"".join(weight(name, *shape) for name, shape in (("w", (8, 4, 3, 2)), ("b", (8,)), ("s", ()), ("z", ())))
    found = network(model(node("QLinearConv", ["x", "s", "z", "w", "s", "z", "s", "z", "b"], "y"), extra=extra))
    assert outputs(found) == [[1, 8, 4, 5]]
    total = count(requested(found)).cost.total
    assert (total.params, total.macs) == (8 * 4 * 6 + 8, 4 * 5 * 8 * 4 * 6)
    found = network(model(node("ConvInteger", ["x", "w", "z"], "y"), extra=extra))
    assert (outputs(found), count(requested(found)).cost.total.params) == ([[1, 8, 4, 5]], 8 * 4 * 6)


def model(*nodes: bytes, extra: bytes = b"") -> bytes:
    """Return the bytes of a model with an input x of 1x4x6x6."""
    sizes = b"".join(field(1, field(1, size)) for size in (1, 4, 6, 6))
    value = field(1, b"x") + field(2, field(1, field(1, 1) + field(2, sizes)))
    return field(1, 8) + field(7, b"".join(field(1, node) for node in nodes) + field(11, value) + extra)


def node(operator: str, inputs: list[str], output: str) -> bytes:
    taken = b"".join(field(1, name.encode()) for name in inputs)
    return taken + field(2, output.encode()) + field(4, operator.encode())


def weight(name: str, *shape: int) -> bytes:
    return field(5, b"".join(field(1, size) for size in shape) + field(2, 1) + field(8, name.encode()))


def test_an_unknown_operator_stops_sizes_by_its_name_but_not_the_count() -> None:
    found = network(
        model(
            node("Conv", ["x", "w"], "a"),
            node("Whirl", ["a", "v"], "b"),
            node("Relu", ["b"], "y"),
            extra=weight("w", 8, 4, 3, 3) + weight("v", 5),
        )
    )
    with pytest.raises(UsageError, match="what Whirl does to a shape is not known"):
        outputs(found)
    counted = count(requested(found))
    assert counted.cost.total.params == 8 * 4 * 9 + 5
    assert "1 layer unknown and in no sum: Whirl" in counted.notes


def test_all_that_an_unknown_operator_takes_is_counted() -> None:
    nodes = [node("Conv", ["x", "w"], "a"), node("Conv", ["x", "v"], "b"), node("Whirl", ["a", "b"], "y")]
    found = network(model(*nodes, extra=weight("w", 8, 4, 3, 3) + weight("v", 5, 4, 2, 2)))
    assert count(requested(found)).cost.total.params == 8 * 4 * 9 + 5 * 4 * 4


def test_an_operator_of_another_domain_is_unknown() -> None:
    found = network(model(node("Relu", ["x"], "y") + field(7, b"com.example")))
    assert [layer.__class__.__name__ for layer in found.layers] == ["Unknown"]


def test_large_weights_are_skipped_and_not_read() -> None:
    class Counting(io.BytesIO):
        taken = 0

        def read(self, size: int | None = -1) -> bytes:
            data = super().read(size)
            self.taken += len(data)
            return data

    raw = bytes(4 * 64 * 64 * 9 * 20)
    tensor = b"".join(field(1, size) for size in (64 * 20, 64, 3, 3)) + field(2, 1) + field(8, b"w") + field(9, raw)
    stream = Counting(model(node("Relu", ["x"], "y"), extra=field(5, tensor)))
    graph = read_graph(Wire(stream, len(stream.getvalue()), "m"))
    assert graph is not None
    assert graph.constants["w"].shape == (1280, 64, 3, 3)
    assert stream.taken < 2000


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (model(node("Relu", ["x"], "y"))[:-3], "the file is truncated, at byte"),
        (
            field(1, 8) + b"\x3a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
            "a number is damaged or cut off, at byte 13",
        ),
        (field(1, 8) + b"\x3b\x00\x00", "a field of kind 3, at byte 2"),
        (field(1, 8) + field(7, b"\x0a\x7f") + bytes(200), "a field is longer than its message, at byte"),
        (model(node("Relu", ["x"], "y"), extra=field(5, field(1, 2**64 - 1))), "impossible sizes"),
        (model(node("Relu", ["x"], "y"), extra=field(15, b"")), "sparse constants are not supported"),
        (
            model(node("Relu", ["x"], "y"), extra=field(5, field(1, 2) + field(2, 7) + field(9, b"123"))),
            "3 bytes do not hold 2 numbers",
        ),
        (model(node("Relu", ["x"], "y") + field(5, field(1, b"a") + field(2, 3))), "decimals are expected here"),
        (
            model(node("Relu", ["x"], "y") + field(5, field(1, b"a") + field(3, b"\x01\x02"))),
            "one number is expected here",
        ),
        (
            model(node("Relu", ["x"], "y") + field(5, field(1, b"a") + field(8, bytes(70000)))),
            "70000 bytes of whole numbers are more than are read",
        ),
    ],
)
def test_damaged_bytes_are_an_error_at_their_offset(data: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        network(data)
    assert caught.value.place == "model.onnx"


def test_a_value_from_nowhere_is_refused_with_its_node() -> None:
    with pytest.raises(UsageError, match="nothing before it makes 'z'") as caught:
        network(model(node("Relu", ["z"], "y")))
    assert caught.value.place == "model.onnx: Relu y"


def test_signed_numbers() -> None:
    assert [signed(value) for value in (0, 5, 2**63 - 1, 2**63, 2**64 - 2)] == [0, 5, 2**63 - 1, -(2**63), -2]


@pytest.mark.parametrize("case", [BLOCK, VIEW, ATTENTION, SHARED], ids=["block", "view", "attention", "shared"])
def test_mutated_files_end_in_an_answer_or_an_error(case: dict[str, Any]) -> None:
    data, random_numbers = base64.b64decode(case["bytes"]), random.Random(9)
    endings = set()
    for _ in range(150):
        changed = bytearray(data)
        for _ in range(random_numbers.choice([1, 1, 4])):
            changed[random_numbers.randrange(2, len(changed))] = random_numbers.randrange(256)
        cut = random_numbers.choice([len(changed)] * 4 + [random_numbers.randrange(3, len(changed))])
        try:
            outputs(network(bytes(changed[:cut])))
        except ConvcalcError as error:
            endings.add(error.exit_code)
        else:
            endings.add(0)
    assert endings <= {0, 2, 3}
    assert 0 in endings


def test_a_pipe_of_a_large_model_is_refused_as_what_it_is(here: Run) -> None:
    raw = field(9, bytes(40 << 20)) + field(1, 40 << 18) + field(2, 1) + field(8, b"w")
    done = here("params", "-f", "-", stdin=model(node("Relu", ["x"], "y"), extra=field(5, raw)))
    assert (done.returncode, done.stdout) == (3, "")
    assert "more than 32 MiB of a model are not read from a pipe" in done.stderr


def wrong(operator: str, inputs: str, outputs: str = "y", **attributes: Any) -> NodeProto:
    return NodeProto(operator, tuple(inputs.split()), tuple(outputs.split()), "it", attributes)


HELD = {
    **{f"w{'x'.join(map(str, shape))}": Tensor(shape, "float32", origin=f"w{shape}") for shape in (
        (4, 6, 3, 3), (5,), (6,), (10, 3), (1, 5, 7, 3), (1, 16, 3), (1, 12, 3), (1, 16, 4), (1, 16, 5), (1, 8),
    )},
    **{f"i{'_'.join(map(str, numbers))}": Tensor((len(numbers),), "int64", numbers) for numbers in (
        (0,), (1,), (3,), (9,), (0, 9), (2, 5), (-1, 6, -1),
    )},
    "places": Tensor((1, 3, 9, 10), "int64"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("node", "message"),
    [
        (
            wrong("Conv", "x w4x6x3x3", kernel_shape=[5, 5]),
            r"kernel_shape is \(5, 5\), the weight's kernel is \(3, 3\)",
        ),
        (wrong("Conv", "x w4x6x3x3 w5"), "holds 5 numbers for 4 channels"),
        (wrong("BatchNormalization", "x w6 w5 w6 w6"), "holds 5 numbers for 6 channels"),
        (wrong("InstanceNormalization", "x w6 w5"), "holds 5 numbers for 6 channels"),
        (wrong("Gemm", "x w10x3"), "Gemm multiplies matrices, what comes in has 4 axes"),
        (wrong("Reshape", "x i-1_6_-1"), "leaves more than one size open"),
        (wrong("Split", "x i2_5", "y z", axis=1), r"parts of \(2, 5\) do not divide an axis of 6 into 2"),
        (wrong("Gather", "x i0_9", axis=1), "an index of Gather is out of range for an axis of 6"),
        (wrong("Slice", "x i0 i3 i1 i0"), "a step of Slice is 0"),
        (wrong("TopK", "x i9", "y z", axis=1), "TopK takes 9 of the 6 of axis 1"),
        (wrong("GridSample", "x w1x5x7x3"), "a point of GridSample has 2 places in an image, not 3"),
        (wrong("GatherElements", "x places", axis=1), "the indices of GatherElements reach out of what they index"),
        (wrong("Softmax", "x", axis=6), "axis 6 of Softmax is not among the 4"),
        (wrong("Relu", "x", "x"), "'x' is made a second time"),
        (wrong("Constant", "", ""), "the node makes nothing"),
        (wrong("Relu", "x", "z"), "no node makes the output 'y'"),
        (wrong("LSTM", "x w1x12x3 w1x16x4", hidden_size=4), "4 hidden numbers need"),
        (wrong("LSTM", "x w1x16x3 w1x16x5", hidden_size=4), "4 hidden numbers need"),
        (wrong("LSTM", "x w1x16x3 w1x16x4 w1x8", hidden_size=4), "4 hidden numbers need"),
    ],
)
def test_what_onnx_runtime_refuses_is_refused(node: NodeProto, message: str) -> None:
    graph = GraphProto((node,), HELD, {"x": (1, 6, 8, 10)}, ("y",))
    with pytest.raises(SpecError, match=message):
        Reader(graph, "net.onnx").run(RULES)


def of_two_inputs(**inputs: tuple[int | str, ...]) -> Network:
    """Return a product of two matrices; a size that is a name is open."""
    graph = field(1, node("MatMul", list(inputs), "y")) + field(12, field(1, b"y"))
    for name, sizes in inputs.items():
        axes = b"".join(
            field(1, field(2, size.encode()) if isinstance(size, str) else field(1, size)) for size in sizes
        )
        graph += field(11, field(1, name.encode()) + field(2, field(1, field(1, 1) + field(2, axes))))
    return network(field(1, 8) + field(7, graph))


def test_a_file_of_several_inputs_states_their_sizes_and_names() -> None:
    found = of_two_inputs(left=(1, 3, 4), right=(1, 4, 5))
    assert outputs(found) == outputs(found, "right=4x5 left=1x3x4") == [[1, 3, 5]]
    with pytest.raises(UsageError, match="fixes its input right at 1x4x5, not 4x6"):
        outputs(found, "right=4x6 left=3x4")
    with pytest.raises(UsageError, match="no input is called lift"):
        outputs(found, "lift=3x4 right=4x5")


def test_open_sizes_go_to_the_inputs_by_their_names() -> None:
    found = of_two_inputs(left=("batch", "rows", 4), right=("batch", 4, "columns"))
    assert outputs(found, "right=1x4x5 left=1x3x4") == outputs(found, "left=1x3x4 right=1x4x5") == [[1, 3, 5]]
    passed = forward(requested(found), "a=1x3x4 b=1x4x5")
    assert passed.network.notes == (
        "the sizes stand in the order of the network's inputs: left takes a, right takes b",
    )
    with pytest.raises(UsageError, match="takes 2 inputs, got 1") as caught:
        outputs(found, "1x3x4")
    assert caught.value.hint == "name the size of each: left=3x32x32 right=3x32x32"


def test_inputs_are_named_as_exporters_name_them() -> None:
    sizes: dict[str, tuple[int | str, ...]] = {"input.1": (1, "rows", 4), "x:0": (1, 4, 5)}
    found = of_two_inputs(**sizes)
    assert outputs(found, "x:0=1x4x5 input.1=1x3x4") == outputs(found, "input.1=1x3x4 x:0=1x4x5") == [[1, 3, 5]]
