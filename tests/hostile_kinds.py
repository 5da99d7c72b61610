"""One small hostile question of each kind: small enough that all of them are asked in every run of the tests.

What is large in `hostile_questions` has its kind here too, so that a new way to fail shows where it can be read.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

from fuzz_questions import Question
from hostile_files import MEGA, archive, field, file, gif, node, npy, onnx, onnx_ends, pickle, safetensors

X, K = "1 0 1; 2 1 0; 0 1 1", "1 0; 0 1"
ESCAPE = "\x1b[31m"


def program(text: str) -> Question:
    """Return a question about the program that `text` begins, which names its `layers`."""
    begin = "import torch.nn as nn\nlayers = [nn.ReLU()]\n"
    return Question(
        ("shape", "3x8x8", "net.py"), files=(("net.py", f"{begin}{text}\nmodel = nn.Sequential(*layers)\n".encode()),)
    )


def overlapping(count: int) -> bytes:
    """Return an archive in which many members are the same few bytes, which unfold to 8 MB each."""
    data = npy("(1000, 1000)", body=b"\0" * 8_000_000)
    packed = zlib.compress(data, 9)[2:-4]
    sizes = struct.pack("<III", zlib.crc32(data), len(packed), len(data))
    local = b"PK\3\4" + struct.pack("<HHHHH", 20, 0, 8, 0, 0) + sizes + struct.pack("<HH", 5, 0) + b"a.npy" + packed
    entry = (
        b"PK\1\2" + struct.pack("<HHHHHH", 20, 20, 0, 8, 0, 0) + sizes + struct.pack("<HHHHHII", 5, 0, 0, 0, 0, 0, 0)
    )
    directory = b"".join(entry + b"%04d." % number for number in range(count))
    end = struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), len(local), 0)
    return local + directory + b"PK\5\6" + end


def tensor(name: bytes, value: int) -> bytes:
    """Return one whole number as an initializer of a graph."""
    return field(5, b"\x08\x01\x10\x07" + field(8, name) + field(9, struct.pack("<q", value)))


def webp(chunk: bytes, head: bytes) -> bytes:
    """Return a WebP picture of its header alone."""
    return b"RIFF" + struct.pack("<I", 40) + b"WEBP" + chunk + struct.pack("<I", 18) + head.ljust(18, b"\0")


AXIS = field(5, field(1, b"axis") + b"\x18\x00\xa0\x01\x02")
DOUBLED = b"".join(node("Concat", [f"s{n}"] * 2, [f"s{n + 1}"], AXIS) for n in range(60))
SQUARED = b"".join(node("Mul", [f"s{n}"] * 2, [f"s{n + 1}"]) for n in range(60))
SIZED = node("Shape", ["x"], ["s0"])
RESHAPED = node("Reshape", ["x", "s60"], ["y"])
MILLION = tensor(b"zero", 0) + tensor(b"one", 1) + tensor(b"big", 10**12)
NAMES = ",".join(f"n{number}" for number in range(20_000))

KINDS: dict[str, Callable[[], Question]] = {
    "an archive whose members overlap": lambda: file("x.npz", overlapping(500)),
    "weights whose members overlap": lambda: file("m.pt", overlapping(500)),
    "a model of many layers, packed": lambda: file(
        "m.keras",
        archive(("config.json", b'{"class_name":"Sequential","config":{"layers":[' + b"{}," * 20_000 + b"{}]}}")),
    ),
    "a configuration of empty objects": lambda: file(
        "m.keras",
        archive(("config.json", b'{"class_name":"Sequential","config":{"layers":[' + b"{}," * MEGA + b"{}]}}")),
    ),
    "a header of empty lists": lambda: file("m.safetensors", safetensors(b'{"a":[' + b"[]," * MEGA + b"[]]}")),
    "a frame of 2^63 bytes": lambda: file("m.pt", pickle(b"\x95" + b"\xff" * 7 + b"\x7fN")),
    "a memo of 2^32 places": lambda: file("m.pt", pickle(b"N" + b"r\xff\xff\xff\xff" * 100 + b"j\xff\xff\xff\xff")),
    "tuples in tuples": lambda: file("m.pt", pickle(b")" + b"\x85" * 50_000)),
    "calls of a pickle": lambda: file("m.pt", pickle(b"cbuiltins\nlist\n(K\x01K\x02l\x85R" * 2000)),
    "fields that overlap their message": lambda: file("m.onnx", b"\x08\x08\x3a\x0a\x0a\xc8\x01" + b"\0" * 300),
    "groups of protobuf": lambda: file("m.onnx", onnx(b"\x0b" * 50_000)),
    "a varint without an end": lambda: file("m.onnx", onnx(b"\x08" + b"\x80" * 50_000)),
    "a shape that doubles": lambda: file("m.onnx", onnx(SIZED + DOUBLED + RESHAPED + onnx_ends())),
    "a shape that is squared": lambda: file("m.onnx", onnx(SIZED + SQUARED + RESHAPED + onnx_ends())),
    "a constant of 10^12": lambda: file(
        "m.onnx", onnx(MILLION + node("ConstantOfShape", ["big"], ["s60"]) + RESHAPED + onnx_ends())
    ),
    "a range of 10^12": lambda: file(
        "m.onnx", onnx(MILLION + node("Range", ["zero", "big", "one"], ["s60"]) + RESHAPED + onnx_ends())
    ),
    "an escape in an operator": lambda: file("m.onnx", onnx(node(f"{ESCAPE}A", ["x"], ["y"]) + onnx_ends())),
    "an escape in a name": lambda: file(
        "m.onnx", onnx(node("Relu", ["x"], [f"{ESCAPE}y"]) + onnx_ends("x", f"{ESCAPE}y"))
    ),
    "a GIF of 11,000 pixels square": lambda: file("x.gif", gif(1, 11_000, 11_000)),
    "a lossy WebP of its header": lambda: file("x.webp", webp(b"VP8 ", b"\x30\x01\x00\x9d\x01\x2a\xff\x3f\xff\x3f")),
    "a lossless WebP of its header": lambda: file("x.webp", webp(b"VP8L", b"\x2f\xff\xff\xff\xff")),
    "a PBM of its header": lambda: file("x.pbm", b"P4\n30000 30000\n\xff"),
    "a PAM of 10^17 cells": lambda: file(
        "x.pam", b"P7\nWIDTH 99999999\nHEIGHT 9999999\nDEPTH 99\nMAXVAL 255\nENDHDR\n"
    ),
    "tensors without cells": lambda: file(
        "m.safetensors",
        safetensors(
            b"{"
            + b",".join(b'"a%d":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}' % n for n in range(2000))
            + b"}"
        ),
    ),
    "a tensor of many axes": lambda: file(
        "m.safetensors",
        safetensors(b'{"a":{"dtype":"F32","shape":[' + b"1," * 50_000 + b'1],"data_offsets":[0,4]}}') + b"\0" * 4,
    ),
    "an escape in a tensor's name": lambda: file(
        "m.safetensors",
        safetensors(b'{"a\\u001b[31m.weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}') + b"\0" * 4,
    ),
    "a table of many columns": lambda: file(
        "x.csv", f'{NAMES}\n{"1," * 19_999}"2"\n' * 1 + "1," * 19_999 + "2\n", "--column", "n5", "-k", "1 2"
    ),
    "UTF-32": lambda: file("x.txt", ("1 2\n" * 1000).encode("utf-32")),
    "half a UTF-16": lambda: file("x.txt", ("1 2\n" * 1000).encode("utf-16") + b"\0"),
    "lone surrogates": lambda: file("x.txt", b"\xff\xfe" + b"\x00\xd8" * 1000),
    "marks on a number": lambda: file("x.txt", "1" + "\u0301" * 50_000),
    "zeros in UTF-16": lambda: file("x.txt", ("1 2\0\n" * 1000).encode("utf-16")),
    "exact numbers of 10,000 digits": lambda: file("x.txt", "1e9999 1e-9999 " * 20, "--exact"),
    "ever new denominators": lambda: file("x.txt", " ".join(f"1/{n}" for n in range(2, 3000))),
    "factors before a matrix": lambda: file("x.txt", "1/16 * " * 500 + "[1 2]"),
    "calls round a matrix": lambda: file("x.txt", "array(" * 2000 + "[1, 2]" + ")" * 2000),
    "transposes of a matrix": lambda: file("x.txt", "[1 2]" + ".T" * 2000),
    "lists in lists of a program": lambda: program("x = " + "[" * 50_000 + "]" * 50_000),
    "digits of a program": lambda: program("def f():\n    return " + "1" * 20_000),
    "an elif without an end": lambda: program("if 0:\n    pass\n" + "elif 0:\n    pass\n" * 3000),
    "a long comparison": lambda: program("x = 1" + " < 2" * 10_000),
    "arguments that double": lambda: program("def f(*a):\n    return f(*a, *a)\nlayers += [nn.Conv2d(3, f(1), 3)]"),
    "a list of 10^10": lambda: program("x = [0] * 10**10\nlayers += [nn.Conv2d(3, len(x), 3)]"),
    "a list that extends itself": lambda: program("x = [1]\nfor i in range(60):\n    x.extend(x)"),
    "a dictionary that grows": lambda: program("x = {}\nfor i in range(20_000):\n    x = {**x, i: i}"),
    "tuples that double": lambda: program("x = ()\n" + "x = (x, x)\n" * 60 + "y = x == x\nz = {x: 1}"),
    "a text that joins itself": lambda: program("x = 'ab'\n" + "x = x.join(x)\n" * 40),
    "a width of a variable": lambda: program("n = 10**10\nx = f'{1:{n}}'"),
    "a number of base 36": lambda: program("x = int('z' * 50_000, 36)"),
    "a factorial": lambda: program("import math\nx = math.factorial(10**7)"),
    "a product without an end": lambda: program(
        "import itertools\nfor a in itertools.product(range(100), repeat=9):\n    layers += [nn.ReLU()]"
    ),
    "a generator without an end": lambda: program("def g():\n    yield from g()\nlayers = list(g())"),
    "a class of itself": lambda: program("class A(A):\n    pass\nlayers = [A()]"),
    "a long line of classes": lambda: program(
        "class A0(nn.Module):\n    pass\n"
        + "".join(f"class A{n}(A{n - 1}):\n    pass\n" for n in range(1, 1500))
        + "layers = [A1499()]"
    ),
    "an attribute that asks for itself": lambda: program(
        "class A(nn.Module):\n    def __getattr__(self, n):\n        return getattr(self, n)\n"
        "    def forward(self, x):\n        return self.b(x)\nlayers = [A()]"
    ),
    "a model that doubles": lambda: program(
        "m = nn.Sequential(nn.ReLU())\n" + "m = nn.Sequential(m, m)\n" * 60 + "layers = [m]"
    ),
    "Ackermann's function": lambda: program(
        "def a(m, n):\n    return n + 1 if m == 0 else a(m - 1, 1) if n == 0 else a(m - 1, a(m, n - 1))\n"
        "layers += [nn.Conv2d(3, a(4, 2), 3)]"
    ),
    "branches in branches, written in short": lambda: file(
        "m.onnx",
        onnx(
            b"".join(
                node("Relu", [f"a{n}" if n else "x"], [f"b{n}"]) + node("Add", [f"b{n}", "x"], [f"a{n + 1}"])
                for n in range(1000)
            )
            + onnx_ends("x", "a1000")
        ),
        command=("shape", "--as", "short"),
    ),
    "an operator that is not known, many times": lambda: file(
        "m.onnx",
        onnx(b"".join(node("Unknown", [f"a{n}"], [f"a{n + 1}"]) for n in range(2000)) + onnx_ends("a0", "a2000")),
    ),
    "a split into many": lambda: file(
        "m.onnx", onnx(node("Split", ["x"], [f"y{n}" for n in range(3000)]) + onnx_ends("x", "y0"))
    ),
    "a size that doubles": lambda: Question(("params", "16x40x24", "?*(upsample:2)", "8*(flatten)", "avgpool:3")),
    "a search in what doubles": lambda: Question(("shape", "8", "3000*(?*(relu))")),
    "a repetition of 10^18": lambda: Question(("shape", "3x8x8", f"{10**18}*(conv:8,k3)")),
    "a repetition of a power": lambda: Question(("shape", "3x8x8", "10**18*(conv:8,k3)")),
    "nothing, repeated": lambda: Question(("shape", "3x8x8", f"{10**18}*(id)")),
    "a line without an end": lambda: Question(("shape", "--each", "-", "conv:8,k3"), b"3x8x8 " * 200_000),
    "an escape in an argument": lambda: Question(("shape", "3x8x8", f"relu =a{ESCAPE}")),
    "a claim of closing brackets": lambda: Question(("shape", "3x8x8", "conv:8,k3", "--check", ")" * 20_000)),
    "a claim of names": lambda: Question(("params", "3x8x8", "conv:8,k3", "--check", " a" * 10_000)),
    "a sheet of 10^9": lambda: Question(("conv", "--sheet", "1000000000", "--seed", "1", "-o", "s.md")),
    "10^9 threads": lambda: Question(("conv", X, "-k", K, "--threads", "1000000000")),
    "a sigma of 1e300": lambda: Question(("conv", X, "-k", "gaussian:3:1e300", "-p", "full")),
    "a sigma of 1e-300": lambda: Question(("conv", X, "-k", "log:3:1e-300", "-p", "full")),
    "bytes behind an array": lambda: file("x.npy", npy("(1, 2)", body=b"\0" * 16) + b"\0" * MEGA),
    "an array behind an array": lambda: file("x.npy", npy("(1, 2)", body=b"\0" * 16) * 2),
    "different answers without an end": lambda: Question(
        ("params", "3x8x8", "conv:8,k3", "--grade", "-"), "".join(f"a,{n}\n" for n in range(20_000)).encode()
    ),
    "a full disk": lambda: Question(("conv", X, "-k", K, "-o", "/dev/full")),
    "a folder": lambda: Question(("conv", "/", "-k", K)),
    "the memory of a process": lambda: Question(("conv", "/proc/self/mem", "-k", K)),
    "the map of a process": lambda: Question(("params", "-f", "/proc/self/maps")),
    "the words of a process": lambda: Question(("params", "-f", "/proc/self/environ")),
}
