"""Files that are meant to take long, to fill the memory, or to end in a defect; each as a question, by its name.

A question is made only when it is asked: some hold megabytes.
"""

from __future__ import annotations

import gzip
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import partial

from fuzz_questions import Question

MEGA = 1_000_000


def file(name: str, data: bytes | str, *words: str, command: tuple[str, ...] = ("params",)) -> Question:
    """Return a question about a file: a `command` of a network where it ends as such a file, else of a matrix."""
    data = data.encode() if isinstance(data, str) else data
    network = name.rpartition(".")[2] in ("onnx", "json", "keras", "cfg", "prototxt", "safetensors", "pt", "txtnet")
    start = (*command, "-f", name) if network else ("conv", name, "-k", "[[1]]")
    return Question((*start, *words), files=((name, data),))


def npy(shape: str, kind: str = "<f8", body: bytes = b"", fortran: str = "False") -> bytes:
    """Return an `.npy` whose header says a shape as it is written here."""
    text = f"{{'descr': '{kind}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x02\x00" + struct.pack("<I", len(text)) + text + body


def archive(*members: tuple[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as made:
        for name, data in members:
            made.writestr(name, data)
    return stream.getvalue()


def png(width: int, height: int, *chunks: tuple[bytes, bytes], depth: int = 8, color: int = 0) -> bytes:
    """Return a PNG with these chunks between its header and its end."""
    parts = ((b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)), *chunks, (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )


def tiff(*entries: tuple[int, int, int, int], following: int = 0, tail: bytes = b"") -> bytes:
    """Return a TIFF of one directory; an entry is a tag, a type, a count and a value."""
    table = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + table + struct.pack("<I", following) + tail


def gray_tiff(width: int, height: int, compression: int = 1, **more: int) -> bytes:
    """Return a gray TIFF of 8 bits, which holds 64 bytes."""
    entries = [
        *((256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, compression), (262, 3, 1, 1)),
        *((273, 4, 1, 200), (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, 64)),
    ]
    return tiff(*entries, following=more.get("following", 0), tail=b"\1" * 300)


def gif(frames: int, width: int = 8, height: int = 8) -> bytes:
    """Return a GIF of many frames."""
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    frame = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\0"
    return head + frame * frames + b";"


def field(number: int, data: bytes) -> bytes:
    """Return a field of a protobuf message that holds bytes."""
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    groups = []
    while value > 127:
        groups.append(value & 127 | 128)
        value >>= 7
    return bytes([*groups, value])


def onnx(graph: bytes) -> bytes:
    """Return an ONNX model with a graph."""
    return b"\x08\x08" + field(7, graph)


def node(operator: str, inputs: list[str], outputs: list[str], attributes: bytes = b"") -> bytes:
    """Return a node of a graph as a field."""
    names = b"".join(field(1, name.encode()) for name in inputs) + b"".join(
        field(2, name.encode()) for name in outputs
    )
    return field(1, names + field(4, operator.encode()) + attributes)


def onnx_ends(first: str = "x", last: str = "y") -> bytes:
    """Return the input and the output of a graph as fields."""
    sizes = b"".join(field(1, b"\x08" + _varint(size)) for size in (1, 3, 8, 8))
    described = field(2, field(1, b"\x08\x01" + field(2, sizes)))
    return field(11, field(1, first.encode()) + described) + field(12, field(1, last.encode()))


def nested_field(depth: int) -> bytes:
    """Return a message in a message, and so on."""
    data = b""
    for _ in range(depth):
        data = field(1, data)
    return data


def subgraphs(depth: int) -> bytes:
    """Return a graph whose node holds a graph as an attribute, and so on."""
    graph = node("Relu", ["x"], ["y"])
    for _ in range(depth):
        held = field(5, field(1, b"body") + field(6, graph) + b"\xa0\x01\x05")
        graph = node("Loop", ["x"], ["y"], held)
    return graph + onnx_ends()


def safetensors(header: bytes, length: int | None = None) -> bytes:
    """Return a file of tensors with a header."""
    return struct.pack("<Q", len(header) if length is None else length) + header


def keras_sequential(*layers: dict[str, object]) -> str:
    """Return the configuration of a Keras model."""
    return json.dumps({"class_name": "Sequential", "config": {"name": "s", "layers": list(layers)}})


def nested_keras(depth: int) -> str:
    """Return a model in a model, and so on."""
    text = '{"class_name": "ReLU", "config": {}}'
    for _ in range(depth):
        text = '{"class_name": "Sequential", "config": {"name": "s", "layers": [' + text + "]}}"
    return text


def backwards_keras(count: int) -> str:
    """Return a functional model whose layers are saved last first."""
    made: dict[str, object] = {"batch_input_shape": [None, 8, 8, 3]}
    saved: list[object] = [
        {"class_name": "InputLayer", "name": "r0", "config": {"name": "r0", **made}, "inbound_nodes": []}
    ]
    for number in range(1, count):
        nodes = [[[f"r{number - 1}", 0, 0, {}]]]
        layer = {"class_name": "ReLU", "name": f"r{number}", "config": {"name": f"r{number}"}, "inbound_nodes": nodes}
        saved.insert(0, layer)
    ends = {"input_layers": [["r0", 0, 0]], "output_layers": [[f"r{count - 1}", 0, 0]]}
    return json.dumps({"class_name": "Functional", "config": {"name": "m", "layers": saved, **ends}})


def pickle(*operations: bytes) -> bytes:
    """Return a `.pt` archive with a program of a pickle in it."""
    return archive(("a/data.pkl", b"\x80\x02" + b"".join(operations) + b"."), ("a/version", b"3"))


def darknet(*sections: str, size: int = 32) -> str:
    """Return a cfg file."""
    return f"[net]\nwidth={size}\nheight={size}\nchannels=3\n" + "\n".join(sections) + "\n"


CONVOLUTION = "[convolutional]\nfilters=8\nsize=3\nstride=1\npad=1\nactivation=leaky"
ZEROS = b"\0" * (64 * MEGA)


def _million(ending: str) -> Question:
    """Return a question whose answer of a million numbers is to be written to a file."""
    return file("x.npy", npy("(1000, 1000)", body=ZEROS[: 8 * MEGA]), "-o", f"y.{ending}")


FILES: dict[str, Callable[[], Question]] = {
    "npy, 10^18 numbers": lambda: file("x.npy", npy("(1000000000, 1000000000)")),
    "npy, 2^63 numbers of no cells": lambda: file("x.npy", npy("(9223372036854775807, 0)")),
    "npy, a shape of 10^5000": lambda: file("x.npy", npy("(1" + "0" * 5000 + ",)")),
    "npy, 10,000 axes": lambda: file("x.npy", npy("(" + "1," * 10_000 + ")", body=b"\0" * 8)),
    "npy, a header of brackets": lambda: file("x.npy", npy("(" * 60_000)),
    "npy, a header of signs": lambda: file("x.npy", npy("-" * 60_000 + "1")),
    "npy, a header of 4 GB": lambda: file("x.npy", b"\x93NUMPY\x02\x00\xff\xff\xff\xff{"),
    "npy, a negative size": lambda: file("x.npy", npy("(-1, -8)", body=b"\0" * 64)),
    "npy, a shape of decimals": lambda: file("x.npy", npy("(2.0, 4)", body=b"\0" * 64)),
    "npy, True for a size": lambda: file("x.npy", npy("(True, 8)", body=b"\0" * 64)),
    "npy, objects": lambda: file("x.npy", npy("(2,)", "|O", b"cos\nsystem\n(S'touch hacked'\ntR.")),
    "npy, texts": lambda: file("x.npy", npy("(2,)", "<U999999999", b"\0" * 8)),
    "npy, a wide type": lambda: file("x.npy", npy("(2,)", "|V2147483647", b"\0" * 8)),
    "npy, an unknown type": lambda: file("x.npy", npy("(2,)", "<q99", b"\0" * 8)),
    "npy, a type of 1 MB": lambda: file("x.npy", npy("(2,)", "i4," * 20_000, b"\0" * 8)),
    "npy, complex numbers": lambda: file("x.npy", npy("(2,)", "<c16", b"\0" * 32)),
    "npy, dates": lambda: file("x.npy", npy("(2,)", "<M8[ns]", b"\0" * 16)),
    "npz, zeros": lambda: file("x.npz", archive(("a.npy", npy("(8000, 1000)", body=ZEROS)))),
    "npz, more zeros than the header says": lambda: file("x.npz", archive(("a.npy", npy("(2, 4)", body=ZEROS)))),
    "npz, 10^15 numbers": lambda: file("x.npz", archive(("a.npy", npy("(1000000, 1000000000)", body=b"\0" * 64)))),
    "npz, 50,000 members": lambda: file(
        "x.npz", archive(*((f"{n}.npy", b"") for n in range(50_000)), compression=zipfile.ZIP_STORED)
    ),
    "npz, names that climb": lambda: file("x.npz", archive(("../../a.npy", npy("(1, 2)", body=b"\0" * 16)))),
    "npz, the same name twice": lambda: file("x.npz:a", archive(("a.npy", npy("(1, 2)", body=b"\0" * 16)))),
    "npz, an archive in an archive": lambda: file("x.npz", archive(("a.npz", archive(("a.npy", ZEROS))))),
    "npz, only a directory": lambda: file("x.npz", b"PK\x05\x06" + b"\xff" * 18),
    "npz, a comment of 64 KB": lambda: file("x.npz", b"PK\x05\x06" + b"\0" * 16 + b"\xff\xff" + b"a" * 65_535),
    "npz, LZMA": lambda: file(
        "x.npz", archive(("a.npy", npy("(8000, 1000)", body=ZEROS)), compression=zipfile.ZIP_LZMA)
    ),
    "text, a number of 10^6 digits": lambda: file("x.txt", "9" * MEGA),
    "text, a decimal of 10^6 digits": lambda: file("x.txt", "0." + "9" * MEGA),
    "text, an exponent of 10^6 digits": lambda: file("x.txt", "1e" + "9" * MEGA),
    "text, 1e400": lambda: file("x.txt", "1e400 1"),
    "text, exact 1e999999999": lambda: file("x.txt", "1e999999999 1", "--exact"),
    "text, exact 1e10000 a thousand times": lambda: file("x.txt", "1e9999 1e-9999 " * 500, "--exact"),
    "text, fractions of long numbers": lambda: file(
        "x.txt", " ".join(f"1/{10**300 + n}" for n in range(1000)), "--exact"
    ),
    "text, brackets": lambda: file("x.txt", "[" * MEGA),
    "text, brackets that close": lambda: file("x.txt", "[" * 200_000 + "1" + "]" * 200_000),
    "text, empty brackets": lambda: file("x.txt", "[[],[]," * 100_000),
    "text, commas": lambda: file("x.txt", "," * MEGA),
    "text, semicolons": lambda: file("x.txt", ";" * MEGA),
    "text, line ends": lambda: file("x.txt", "\n" * MEGA),
    "text, blank slices": lambda: file("x.txt", "1 2\n\n" * 100_000),
    "text, comments": lambda: file("x.txt", "#\n" * (MEGA // 2) + "1 2\n"),
    "text, one comment of 1 MB": lambda: file("x.txt", "#" + "x" * MEGA + "\n1 2\n"),
    "text, a stated shape of 10^18": lambda: file("x.txt", "# shape: 1000000000x1000000000\n1 2\n"),
    "text, a stated shape of many axes": lambda: file("x.txt", "# shape: " + "1x" * 100_000 + "1\n1\n"),
    "text, ragged": lambda: file("x.txt", "1 2 3\n" * 50_000 + "1 2\n"),
    "text, ragged in every row": lambda: file("x.txt", "".join("1 " * (n % 7 + 1) + "\n" for n in range(50_000))),
    "text, zero bytes": lambda: file("x.txt", b"\0" * MEGA),
    "text, UTF-16": lambda: file("x.txt", ("1 2\n" * 50_000).encode("utf-16")),
    "text, a byte order mark a thousand times": lambda: file("x.txt", "\ufeff" * 1000 + "1 2"),
    "text, nan": lambda: file("x.txt", "nan " * 100_000),
    "text, words": lambda: file("x.txt", "word " * 100_000),
    "text, ellipses": lambda: file("x.txt", "[[1 ... 2]\n" * 20_000),
    "text, tensors in tensors": lambda: file("x.txt", "tensor(" * 50_000),
    "text, MATLAB's columns": lambda: file("x.txt", "Columns 1 through 2\n\n 1 2\n" * 20_000),
    "text, Markdown's table": lambda: file("x.txt", "| 1 | 2 |\n|---|---|\n" * 20_000),
    "text, JSON in JSON": lambda: file("x.json", '{"data": ' * 50_000, "--from", "json"),
    "text, JSON of lists": lambda: file("m.jsonm", "[" * 50_000 + "1" + "]" * 50_000, "--from", "json"),
    "text, JSON of a long number": lambda: file("m.jsonm", "[[" + "9" * MEGA + "]]", "--from", "json"),
    "text, a CSV of quotes": lambda: file("x.csv", '"' * MEGA),
    "text, a CSV of empty cells": lambda: file("x.csv", (",," * 50 + "\n") * 5000),
    "text, a CSV column of quotes": lambda: file("x.csv", 'a,b\n"' + "1\n" * 200_000, "--column", "b", "-k", "1 2"),
    "text, a CSV of 10^5 columns": lambda: file(
        "x.csv", "a," * 100_000 + "b\n" + "1," * 100_000 + "2\n", "--column", "b"
    ),
    "text, LaTeX": lambda: file("x.txt", "\\begin{bmatrix}" * 50_000),
    "text, XML": lambda: file("x.xml", "<!DOCTYPE a [" + '<!ENTITY a "&a;&a;">' * 1000 + "]><a>&a;</a>"),
    "text, one line of 10^6 numbers and a blank": lambda: file("x.txt", "1 " * MEGA),
    "text, one line of 10^6 decimals": lambda: file("x.txt", "1.5," * MEGA + "1"),
    "npy, 100,000 slices as Markdown": lambda: file(
        "x.npy", npy("(100000, 1, 2)", body=b"\0" * 16 * 10**5), "-F", "md"
    ),
    "npy, 100,000 slices as text": lambda: file(
        "x.npy", npy("(100000, 1, 2)", body=b"\0" * 16 * 10**5), "-F", "plain"
    ),
    **{
        f"npy, 10^6 numbers as {form}": partial(_million, form) for form in ("md", "tex", "svg", "png", "csv", "json")
    },
    "npy, 10^6 numbers, rounded": lambda: file(
        "x.npy", npy("(1000, 1000)", body=struct.pack("<d", 0.1) * MEGA), "--precision", "2"
    ),
    "table, 122,000 equal answers": lambda: Question(
        ("shape", "3x8x8", "conv:8,k3", "--grade", "t.csv"),
        files=(("t.csv", "".join(f"s{n},8\n" for n in range(122_000)).encode()),),
    ),
    "gzip": lambda: file("x.txt.gz", gzip.compress(b"1 " * MEGA)),
    "picture, PostScript": lambda: file("x.eps", "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n{} loop\n"),
    "picture, SVG": lambda: file("x.svg", '<svg xmlns="http://www.w3.org/2000/svg">' + "<g>" * 50_000),
    "picture, a PNG of 2^31 pixels by 2^31": lambda: file("x.png", png(2**31 - 1, 2**31 - 1)),
    "picture, a PNG of 10^8 pixels": lambda: file(
        "x.png", png(10_000, 10_000, (b"IDAT", zlib.compress(b"\0" * 10_001 * 10_000)))
    ),
    "picture, a PNG of no pixels": lambda: file("x.png", png(0, 0)),
    "picture, a PNG of texts": lambda: file(
        "x.png", png(4, 4, *[(b"zTXt", b"a\0\0" + zlib.compress(ZEROS[: MEGA * 8]))] * 40)
    ),
    "picture, a PNG of 64 MB of text": lambda: file("x.png", png(4, 4, (b"zTXt", b"a\0\0" + zlib.compress(ZEROS)))),
    "picture, a PNG with a colour profile": lambda: file(
        "x.png", png(4, 4, (b"iCCP", b"a\0\0" + zlib.compress(ZEROS)))
    ),
    "picture, a PNG of 100,000 chunks": lambda: file("x.png", png(4, 4, *[(b"tEXt", b"a\0b")] * 100_000)),
    "picture, a PNG with rows that unfold": lambda: file("x.png", png(4, 4, (b"IDAT", zlib.compress(ZEROS)))),
    "picture, an animated PNG": lambda: file(
        "x.png", png(4, 4, (b"acTL", struct.pack(">II", 2**31 - 1, 0)), (b"IDAT", zlib.compress(b"\0" * 20)))
    ),
    "picture, a GIF of 100,000 frames": lambda: file("x.gif", gif(100_000)),
    "picture, a GIF of 65,535 pixels square": lambda: file("x.gif", gif(1, 65_535, 65_535)),
    "picture, a TIFF whose directory is its own next": lambda: file("x.tif", gray_tiff(8, 8, following=8)),
    "picture, a TIFF of 2^32 rows": lambda: file("x.tif", gray_tiff(2**32 - 1, 2**32 - 1)),
    "picture, a TIFF of a 10^9 entry tag": lambda: file("x.tif", tiff((256, 4, 10**9, 8), (257, 4, 1, 8))),
    "picture, damaged TIFF of LZW": lambda: file("x.tif", gray_tiff(8, 8, 5)),
    "picture, damaged TIFF of Deflate": lambda: file("x.tif", gray_tiff(8, 8, 8)),
    "picture, damaged TIFF of JPEG": lambda: file("x.tif", gray_tiff(8, 8, 7)),
    "picture, damaged TIFF of fax": lambda: file("x.tif", gray_tiff(8, 8, 4)),
    "picture, TIFF of an unknown compression": lambda: file("x.tif", gray_tiff(8, 8, 9999)),
    "picture, a BMP of 2^31 rows": lambda: file(
        "x.bmp",
        b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, 2**31 - 1, 2**31 - 1, 1, 24, 0, 0, 0, 0, 0, 0),
    ),
    "picture, a JPEG of its header": lambda: file(
        "x.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0" + b"\xff" * MEGA
    ),
    "picture, an ICO of 65,535 pictures": lambda: file("x.ico", b"\0\0\1\0\xff\xff" + b"\x10" * MEGA),
    "picture, a PGM of 10^18 pixels": lambda: file("x.pgm", b"P5\n1000000000 1000000000\n255\n"),
    "picture, a PGM of a long width": lambda: file("x.pgm", b"P2\n" + b"9" * 100_000 + b" 1\n255\n1"),
    "picture, a PGM of comments": lambda: file("x.pgm", b"P2\n" + b"#\n" * 400_000 + b"1 1 255 1"),
    "picture, a PGM of a colour of 10^9": lambda: file("x.pgm", b"P2 1 1 1000000000 5"),
    "picture, a PSD": lambda: file(
        "x.psd", b"8BPS\0\1" + b"\0" * 6 + b"\0\3" + b"\0\1\0\0" * 2 + b"\0\x08\0\3" + b"\xff" * 64
    ),
    "picture, an XPM": lambda: file("x.xpm", '/* XPM */\nstatic char *a[] = {\n"99999 99999 99999 9",\n'),
    "picture, an XBM": lambda: file(
        "x.xbm", "#define a_width 99999999\n#define a_height 99999999\nstatic char a_bits[] = {\n"
    ),
    "onnx, fields in fields": lambda: file("m.onnx", onnx(nested_field(3000))),
    "onnx, graphs in graphs": lambda: file("m.onnx", onnx(subgraphs(200))),
    "onnx, a circle": lambda: file(
        "m.onnx", onnx(node("Relu", ["b"], ["a"]) + node("Relu", ["a"], ["b"]) + onnx_ends("x", "b"))
    ),
    "onnx, a node that feeds itself": lambda: file("m.onnx", onnx(node("Relu", ["a"], ["a"]) + onnx_ends("x", "a"))),
    "onnx, 20,000 nodes backwards": lambda: file(
        "m.onnx",
        onnx(b"".join(node("Relu", [f"a{n + 1}"], [f"a{n}"]) for n in range(20_000)) + onnx_ends("a20000", "a0")),
    ),
    "onnx, 20,000 nodes": lambda: file(
        "m.onnx",
        onnx(b"".join(node("Relu", [f"a{n}"], [f"a{n + 1}"]) for n in range(20_000)) + onnx_ends("a0", "a20000")),
    ),
    "onnx, sums that double": lambda: file(
        "m.onnx",
        onnx(b"".join(node("Add", [f"a{n}"] * 2, [f"a{n + 1}"]) for n in range(2000)) + onnx_ends("a0", "a2000")),
    ),
    "onnx, joins that double": lambda: file(
        "m.onnx",
        onnx(
            b"".join(
                node("Concat", [f"a{n}"] * 2, [f"a{n + 1}"], field(5, field(1, b"axis") + b"\x18\x01\xa0\x01\x02"))
                for n in range(2000)
            )
            + onnx_ends("a0", "a2000")
        ),
    ),
    "onnx, a join of 100,000": lambda: file(
        "m.onnx",
        onnx(
            node("Concat", ["x"] * 100_000, ["y"], field(5, field(1, b"axis") + b"\x18\x01\xa0\x01\x02"))
            + onnx_ends()
        ),
    ),
    "onnx, a million empty fields": lambda: file("m.onnx", onnx(field(1, b"") * MEGA)),
    "onnx, a million numbers of a shape": lambda: file("m.onnx", onnx(field(5, b"\x08\x01" * MEGA) + onnx_ends())),
    "onnx, a tensor of 10^18": lambda: file(
        "m.onnx", onnx(field(5, (b"\x08" + _varint(10**9)) * 2 + b"\x10\x01" + field(8, b"w")) + onnx_ends())
    ),
    "onnx, a length beyond the end": lambda: file("m.onnx", b"\x08\x08\x3a" + _varint(2**62)),
    "onnx, an open varint": lambda: file("m.onnx", b"\x08" + b"\xff" * MEGA),
    "onnx, kernels of 10^18": lambda: file(
        "m.onnx",
        onnx(
            node(
                "MaxPool",
                ["x"],
                ["y"],
                field(5, field(1, b"kernel_shape") + (b"\x40" + _varint(10**18)) * 2 + b"\xa0\x01\x07"),
            )
            + onnx_ends()
        ),
    ),
    "keras, models in models": lambda: file("m.json", nested_keras(5000)),
    "keras, 90 models in models": lambda: file("m.json", nested_keras(90)),
    "keras, layers from the last to the first": lambda: file("m.json", backwards_keras(5000)),
    "keras, lists": lambda: file("m.json", "[" * MEGA),
    "keras, a layer of lists": lambda: file(
        "m.json", '{"class_name": "Sequential", "config": ' + "[" * 900 + "]" * 900 + "}"
    ),
    "keras, 10^400 units": lambda: file(
        "m.json", keras_sequential({"class_name": "Dense", "config": {"units": 10**400}})
    ),
    "keras, units of 1e400": lambda: file(
        "m.json",
        '{"class_name": "Sequential", "config": {"layers": [{"class_name": "Dense", "config": {"units": 1e400}}]}}',
    ),
    "keras, units of nan": lambda: file(
        "m.json",
        '{"class_name": "Sequential", "config": {"layers": [{"class_name": "Dense", "config": {"units": NaN}}]}}',
    ),
    "keras, a number of 10^6 digits": lambda: file("m.json", '{"class_name": ' + "9" * MEGA + "}"),
    "keras, lists for everything": lambda: file("m.json", '{"class_name": [], "config": []}'),
    "keras, a shape of many axes": lambda: file(
        "m.json", keras_sequential({"class_name": "InputLayer", "config": {"batch_shape": [1] * 100_000}})
    ),
    "keras, a circle": lambda: file(
        "m.json",
        json.dumps(
            {
                "class_name": "Functional",
                "config": {
                    "layers": [
                        {"class_name": "ReLU", "name": a, "config": {"name": a}, "inbound_nodes": [[[b, 0, 0, {}]]]}
                        for a, b in (("a", "b"), ("b", "a"))
                    ],
                    "input_layers": [["a", 0, 0]],
                    "output_layers": [["b", 0, 0]],
                },
            }
        ),
    ),
    "keras, an archive of zeros": lambda: file("m.keras", archive(("config.json", ZEROS))),
    "keras, an archive of brackets": lambda: file("m.keras", archive(("config.json", b"[" * (16 * MEGA)))),
    "keras, an archive without a configuration": lambda: file("m.keras", archive(("a", b""))),
    "keras, 50,000 members": lambda: file(
        "m.keras", archive(*((f"{n}", b"") for n in range(50_000)), compression=zipfile.ZIP_STORED)
    ),
    "weights, a header of 2^63": lambda: file("m.safetensors", safetensors(b"{}", 2**63)),
    "weights, a header of 64 MB": lambda: file("m.safetensors", safetensors(b" " * (64 * MEGA))),
    "weights, a header of brackets": lambda: file("m.safetensors", safetensors(b"[" * MEGA)),
    "weights, a header of objects": lambda: file("m.safetensors", safetensors(b'{"a":' * 100_000)),
    "weights, a shape of 10^400": lambda: file(
        "m.safetensors", safetensors(b'{"a":{"dtype":"F32","shape":[1' + b"0" * 400 + b'],"data_offsets":[0,4]}}')
    ),
    "weights, a shape of decimals": lambda: file(
        "m.safetensors", safetensors(b'{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}' + b"\0" * 4)
    ),
    "weights, a negative shape": lambda: file(
        "m.safetensors", safetensors(b'{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}' + b"\0" * 4)
    ),
    "weights, 50,000 tensors": lambda: file(
        "m.safetensors",
        safetensors(
            json.dumps(
                {f"a.{n}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for n in range(50_000)}
            ).encode()
        ),
    ),
    "weights, a name of 1 MB": lambda: file(
        "m.safetensors",
        safetensors(b'{"' + b"a" * MEGA + b'":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}' + b"\0" * 4),
    ),
    "weights, a pickle that runs": lambda: file("m.pt", pickle(b"cos\nsystem\nX\x0c\0\0\0touch hackedq\0\x85R")),
    "weights, a pickle of lists": lambda: file("m.pt", pickle(b"]" * 500_000)),
    "weights, a pickle of marks": lambda: file("m.pt", pickle(b"(" * 500_000)),
    "weights, a pickle that doubles": lambda: file("m.pt", pickle(b"]q\0" + b"h\0h\0\x86q\0" * 100)),
    "weights, a pickle of a list in itself": lambda: file("m.pt", pickle(b"]q\0h\0a")),
    "weights, a pickle of a long text": lambda: file("m.pt", pickle(b"X\xff\xff\xff\xff")),
    "weights, a pickle of a long number": lambda: file("m.pt", pickle(b"\x8b\xff\xff\xff\x7f")),
    "weights, a pickle of zeros": lambda: file("m.pt", archive(("a/data.pkl", ZEROS))),
    "weights, a pickle of a number of digits": lambda: file("m.pt", pickle(b"I" + b"9" * MEGA + b"\n")),
    "cfg, a route to itself": lambda: file("m.cfg", darknet(CONVOLUTION, "[route]\nlayers=1")),
    "cfg, a route to what follows": lambda: file("m.cfg", darknet("[route]\nlayers=5", CONVOLUTION)),
    "cfg, routes that double": lambda: file("m.cfg", darknet(CONVOLUTION, *["[route]\nlayers=-1,-1"] * 3000)),
    "cfg, a route of 100,000": lambda: file(
        "m.cfg", darknet(CONVOLUTION, "[route]\nlayers=" + "-1," * 100_000 + "-1")
    ),
    "cfg, 20,000 sections": lambda: file("m.cfg", darknet(*["[maxpool]\nsize=1\nstride=1"] * 20_000)),
    "cfg, a filter count of 10^5000": lambda: file("m.cfg", darknet("[convolutional]\nfilters=1" + "0" * 5000)),
    "cfg, a size of 1e400": lambda: file("m.cfg", darknet("[convolutional]\nfilters=8\nsize=1e400")),
    "cfg, a stride of zero": lambda: file("m.cfg", darknet("[convolutional]\nfilters=8\nsize=3\nstride=0")),
    "cfg, brackets": lambda: file("m.cfg", "[" * MEGA),
    "cfg, one line": lambda: file("m.cfg", "[net]\n" + "a=1;" * 200_000),
    "cfg, a recurrent layer of 10^9 steps": lambda: file(
        "m.cfg", "[net]\ntime_steps=1000000000\ninputs=8\n[lstm]\noutput=8"
    ),
    "prototxt, braces": lambda: file("m.prototxt", "layer {" * MEGA),
    "prototxt, braces that close": lambda: file("m.prototxt", "layer {" * 50_000 + "}" * 50_000),
    "prototxt, closing braces": lambda: file("m.prototxt", "}" * MEGA),
    "prototxt, fields": lambda: file("m.prototxt", "a: 1\n" * 200_000),
    "prototxt, an open text": lambda: file("m.prototxt", 'name: "' + "x" * MEGA),
    "prototxt, 20,000 layers": lambda: file(
        "m.prototxt",
        'input: "a0" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8\n'
        + "".join(f'layer {{ type: "ReLU" bottom: "a{n}" top: "a{n + 1}" }}\n' for n in range(20_000)),
    ),
    "prototxt, 10^5000 outputs": lambda: file(
        "m.prototxt",
        'input: "a" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8\n'
        'layer { type: "Convolution" bottom: "a" top: "b" convolution_param { num_output: 1'
        + "0" * 5000
        + " kernel_size: 1 } }",
    ),
    "prototxt, a bottom from nowhere": lambda: file("m.prototxt", 'layer { type: "ReLU" bottom: "z" top: "z" }'),
}
