"""Questions that are meant to take long, to fill the memory, or to end in a defect; each by its name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from fuzz_questions import Question
from hostile_files import FILES, MEGA, file
from hostile_kinds import KINDS

X, K = "1 0 1; 2 1 0; 0 1 1", "1 0; 0 1"

CHARACTERS = {
    "nothing": "",
    "a blank": " ",
    "Arabic digits": "٣",
    "full-width digits": "３",
    "a superscript": "²",
    "marks of direction": "\u202e3\u200f",
    "control characters": "3\x07\x1b[31m",
    "a lone byte": "\udcff",
    "minus zero": "-0",
    "10^18": str(10**18),
    "5,000 digits": "9" * 5000,
    "a power": "10**9",
    "1e400": "1e400",
    "not a number": "nan",
    "infinity": "-inf",
    "100 axes": "x".join(["1"] * 100),
    "100 KB": "x" * 100_000,
    "50,000 axes": "1x" * 50_000 + "1",
    "open brackets": "(" * 50_000,
}
"""Values that no option means."""

OPTIONS = {
    "shape": ("-k", "-s", "-p", "-d", "-g", "--out-channels", "--output-padding", "--dims", "--want", "--region"),
    "params": ("-k", "-g", "--input", "--depth", "--field", "--check"),
    "conv": ("-k", "-s", "-p", "-d", "--boundary", "--bias", "--at", "--scale", "--tol", "--precision", "--memory"),
    "pool": (
        "-k",
        "-s",
        "-p",
        "--norm",
        "--divisor",
        "--adaptive",
        "--max-elements",
        "--threads",
        "--grad",
        "--rank",
    ),
}
BASE = {
    "shape": ("shape", "3x32x32", "conv", "-k", "3"),
    "params": ("params", "3x32x32", "conv:8,k3"),
    "conv": ("conv", X, "-k", K),
    "pool": ("pool", X, "max", "-k", "2"),
}

SHORT = {
    "brackets": "(" * MEGA,
    "brackets that close": "(" * 50_000 + "relu" + ")" * 50_000,
    "repetition in repetition": "99999*(" * 40 + "relu" + ")" * 40,
    "twenty thousand names": " ".join(f"relu =a{number}" for number in range(20_000)),
    "a join of many": "relu =a cat:" + ",".join(["a"] * 20_000),
    "joins that double": "=a" + " cat:a =a" * 3000,
    "sums that double": "=a " + "(id + id) =a " * 3000,
    "branches": "(" + " + ".join(["relu"] * 20_000) + ")",
    "branches in branches": "(" * 300 + "relu" + " + relu)" * 300,
    "commas": "conv:" + "," * MEGA,
    "keys": "conv:8," + ",".join(["k3"] * 100_000),
    "one word": "x" * MEGA,
    "a long number": "conv:" + "9" * 5000,
    "a kernel of 10^4000": "conv:8,k1" + "0" * 4000,
    "strides that multiply": "100*(conv:8,k1,s1000000000)",
    "upsampling a thousand times": "1000*(upsample:2)",
    "PyTorch's brackets": "Conv2d(" + "(" * 5000 + "3" + ")" * 5000 + ")",
    "PyTorch's signs": "Conv2d(3, " + "-" * 50_000 + "8, 3)",
    "a power in a call": "Conv2d(3, 9**9**9, 3)",
    "a product in a call": "Conv2d(3, " + "9" * 4000 + "*" + "9" * 4000 + ", 3)",
    "a text times a number": "Conv2d(3, 'a'*10**12, 3)",
    "an open quote": 'Conv2D(8, "' + "x" * MEGA,
    "keywords": "Conv2d(3, 8, 3, " + ", ".join(f"a{number}=1" for number in range(20_000)) + ")",
}

SOURCES = {
    "a loop without an end": "for i in range(10**9):\n    layers.append(nn.ReLU())\n",
    "loops in loops": "for a in range(1000):\n for b in range(1000):\n  for c in range(1000):\n"
    "   layers.append(nn.ReLU())\n",
    "while true": "while True:\n    layers.append(nn.ReLU())\n",
    "list multiplication": "layers = [nn.ReLU()] * 10**9\n",
    "a list of zeros": "x = [0] * 10**9\nlayers = [nn.Conv2d(3, x[0], 3)]\n",
    "lists that double": "x = [1]\n" + "x = x + x\n" * 60 + "layers = [nn.Conv2d(3, x[0], 3)]\n",
    "lists of lists": "x = [1]\n" + "x = [x, x]\n" * 60 + "layers = [nn.Conv2d(3, len(str(x)), 3)]\n",
    "a tower of powers": "layers = [nn.Conv2d(3, 9**9**9, 3)]\n",
    "powers that grow": "x = 3\n" + "x = x ** 9\n" * 30 + "layers = [nn.Conv2d(3, x, 3)]\n",
    "products that grow": "x = 3\n" + "x = x * x\n" * 60 + "layers = [nn.Conv2d(3, x, 3)]\n",
    "a shift": "layers = [nn.Conv2d(3, 1 << 10**9, 3)]\n",
    "text multiplication": "x = 'a' * 10**10\nlayers = [nn.Conv2d(3, len(x), 3)]\n",
    "a wide format": "x = '%d' % 10**10**5\nlayers = [nn.Conv2d(3, len(x), 3)]\n",
    "a wide percent": "x = '%999999999d' % 1\nlayers = [nn.Conv2d(3, len(x), 3)]\n",
    "a wide f-string": "x = f'{1:999999999}'\nlayers = [nn.Conv2d(3, len(x), 3)]\n",
    "f-strings that double": "x = 'ab'\n" + "x = f'{x}{x}'\n" * 60 + "layers = [nn.Conv2d(3, len(x), 3)]\n",
    "a wide method": "x = 'a'.rjust(10**10)\nlayers = [nn.Conv2d(3, len(x), 3)]\n",
    "replacing": "x = 'a'\n" + "x = x.replace('a', 'aa')\n" * 60 + "layers = [nn.Conv2d(3, len(x), 3)]\n",
    "recursion": "def f(n):\n    return f(n + 1)\nlayers = [nn.Conv2d(3, f(0), 3)]\n",
    "recursion that doubles": "def f(n):\n    return f(n + 1) + f(n + 1)\nlayers = [nn.Conv2d(3, f(0), 3)]\n",
    "calls that double": "def f0(n):\n    return 1\n"
    + "".join(f"def f{n}(n):\n    return f{n - 1}(n) + f{n - 1}(n)\n" for n in range(1, 40))
    + "layers = [nn.Conv2d(3, f39(0), 3)]\n",
    "a comprehension": "layers = [nn.ReLU() for a in range(10**5) for b in range(10**5)]\n",
    "comprehensions in one another": "layers = [[nn.ReLU() for a in range(10**4)] for b in range(10**4)]\n",
    "a dictionary": "x = {a: b for a in range(10**5) for b in range(10**5)}\nlayers = [nn.Conv2d(3, len(x), 3)]\n",
    "a sum over a range": "layers = [nn.Conv2d(3, sum(range(10**12)), 3)]\n",
    "a sorted range": "layers = [nn.Conv2d(3, sorted(range(10**12))[0], 3)]\n",
    "a list of a range": "layers = [nn.Conv2d(3, list(range(10**12))[0], 3)]\n",
    "zip of ranges": "layers = [nn.ReLU() for a, b in zip(range(10**12), range(10**12))]\n",
    "brackets": "layers = " + "(" * 100_000 + ")" * 100_000 + "\n",
    "lists in lists": "layers = " + "[" * 90 + "nn.ReLU()" + "]" * 90 + "\n",
    "signs": "x = " + "-" * 100_000 + "1\nlayers = [nn.ReLU()]\n",
    "a long sum": "x = " + "+".join(["1"] * 100_000) + "\nlayers = [nn.Conv2d(3, x, 3)]\n",
    "attributes": "x = a" + ".b" * 50_000 + "\nlayers = [nn.ReLU()]\n",
    "if in if": "".join(" " * n + "if True:\n" for n in range(99)) + " " * 99 + "layers = [nn.ReLU()]\n",
    "many classes": "".join(f"class A{n}(nn.Module):\n    pass\n" for n in range(5000)) + "layers = [nn.ReLU()]\n",
    "classes that inherit themselves": "class A(B):\n    pass\nclass B(A):\n    pass\nlayers = [A()]\n",
    "a list in itself": "x = []\nx.append(x)\nlayers = x\n",
    "a list that grows while it is walked": "x = [1]\nfor a in x:\n    x.append(a)\nlayers = [nn.ReLU()]\n",
    "a module in itself": "class A(nn.Module):\n    def __init__(self):\n"
    "        super().__init__()\n        self.a = self\n"
    "    def forward(self, x):\n        return self.a(x)\nlayers = [A()]\n",
    "a forward that calls itself": "class A(nn.Module):\n    def forward(self, x):\n"
    "        return self.forward(x)\nlayers = [A()]\n",
    "a forward in a loop": "class A(nn.Module):\n    def __init__(self):\n"
    "        super().__init__()\n        self.c = nn.ReLU()\n    def forward(self, x):\n"
    "        for i in range(10**8):\n            x = self.c(x)\n        return x\nlayers = [A()]\n",
    "a class without a forward": "class A(nn.Module):\n    def __init__(self, a):\n        super().__init__()\n"
    "def made():\n    return A(1)\nlayers = []\n#",
    "a lambda": "f = lambda n: f(n)\nlayers = [nn.Conv2d(3, f(1), 3)]\n",
    "imports": "import os\nos.system('touch hacked')\n__import__('os').system('touch hacked')\n"
    "layers = [nn.ReLU()]\n",
    "an open text": "x = '''" + "a" * MEGA + "\nlayers = [nn.ReLU()]\n",
    "a zero byte": "x = 'a\0b'\nlayers = [nn.ReLU()]\n",
    "an unknown encoding": "# -*- coding: rot13 -*-\nlayers = [nn.ReLU()]\n",
    "digits": "x = " + "9" * 100_000 + "\nlayers = [nn.Conv2d(3, x, 3)]\n",
    "a float of 10^400": "x = int(1e400)\nlayers = [nn.Conv2d(3, x, 3)]\n",
    "max of nothing": "x = max([])\nlayers = [nn.Conv2d(3, x, 3)]\n",
    "3,000 sums": "class Net(nn.Module):\n    def forward(self, x):\n        y = x\n"
    + "        y = y + x\n" * 3000
    + "        return y\nlayers = [nn.ReLU(), Net()]\n",
    "division by zero": "x = 1 // 0\ny = 1 % 0\nz = 0 ** -1\nlayers = [nn.Conv2d(3, x, 3)]\n",
}


def source(text: str) -> Question:
    """Return a question about the program that `text` begins, which has to name its `layers`."""
    program = f"import torch.nn as nn\nlayers = []\n{text}model = nn.Sequential(*layers)\n"
    return Question(("shape", "3x32x32", "net.py"), files=(("net.py", program.encode("utf-8", "surrogatepass")),))


def option(command: str, name: str, value: str) -> Question:
    """Return a question whose option has a value."""
    return Question((*BASE[command], f"{name}={value}" if name.startswith("--") else f"{name}{value}"))


PRINTS = {
    "modules in modules": "".join("  " * n + f"(a{n}): Sequential(\n" for n in range(300)),
    "a model of brackets": "Sequential(" * 100_000,
    "a range of 10^9 modules": "Sequential(\n  (0-1000000000): 1000000001 x ReLU()\n)",
    "ranges in ranges": "Sequential(\n  (0-9999): 10000 x Sequential(\n    (0-9999): 10000 x ReLU()\n  )\n)",
    "20,000 modules": "Sequential(\n" + "".join(f"  ({n}): ReLU()\n" for n in range(20_000)) + ")",
    "a module of 1 MB": "Sequential(\n  (0): " + "x" * MEGA + "()\n)",
    "indentation": "Sequential(\n" + " " * MEGA + "(0): ReLU()\n)",
}

WORK = {
    "a box over two cells": ("conv", "1 2; 3 4", "-k", "box:4095", "-p", "full", "-q"),
    "a box of 10^9": ("conv", X, "-k", "box:1000000000"),
    "a gaussian of 10^9": ("conv", X, "-k", "gaussian:999999999"),
    "a log of 9,999": ("conv", X, "-k", "log:9999:3", "-p", "full"),
    "a padding of 10^9": ("conv", X, "-k", K, "-p", "1000000000"),
    "a padding and a stride of 10^9": ("conv", X, "-k", K, "-p", "1000000000", "-s", "1000000000"),
    "a dilation of 10^18": ("conv", X, "-k", K, "-p", "full", "-d", str(10**18)),
    "a transposed stride of 10^9": ("conv", X, "-k", K, "--transposed", "-s", "1000000000"),
    "adaptive 10^30": ("pool", X, "max", "--adaptive", str(10**30)),
    "adaptive 11,000": ("pool", X, "avg", "--adaptive", "11000", "-q"),
    "a pool of 10^9": ("pool", X, "avg", "-k", "1000000000", "-p", "500000000", "-s", "1000000000"),
    "a norm of 10^308": ("pool", X, "lp", "-k", "2", "--norm", "1e308"),
    "circular 10^18": ("conv", "1 2 3", "-k", "1 2", "--circular", str(10**18)),
    "circular 10^12": ("conv", "1 2 3", "-k", "1 2", "--circular", str(10**12)),
    "an explained cell of 16 million products": (
        "conv",
        X,
        "-k",
        "box:4095",
        "-p",
        "full",
        "--explain",
        "--at",
        "5,5",
    ),
    "an explained cell of 10,000 products": ("conv", X, "-k", "box:101", "-p", "full", "--explain", "--at", "5,5"),
    "explain all": ("conv", "1 " * 3000, "-k", "1 1", "--explain", "--at", "all", "--dims", "1"),
    "at a range of 10^12": ("conv", X, "-k", K, "--explain", "--at", f"0:{10**12},0"),
    "a heatmap of 3,000": ("conv", "1 " * 3000, "-k", "1", "--heatmap", "--dims", "1"),
    "a picture of a row": ("conv", "1 " * 30_000, "-k", "1", "--dims", "1", "-o", "y.png"),
    "threads": ("conv", X, "-k", K, "--threads", "1024"),
    "100 sheets": ("conv", "--sheet", "200", "--seed", "1", "--difficulty", "5", "-o", "s.md"),
    "a search over 10^18": ("shape", f"3x{10**18}x{10**18}", "conv:8,k?", "--want", "7"),
    "a search that nothing fits": ("shape", "3x2000x2000", "?*(conv:3,k3)", "--want", "1000"),
    "a search of four": ("shape", "?x?x?", "conv:?,k?,s?,p?", "--want", "8x8x8"),
    "a search among 10^5 layers": ("shape", "8", "100000*(?*(relu))"),
    "a search among 3,000 layers": ("shape", "8", "3000*(?*(relu))"),
    "a search of 10^5 layers repeated": ("shape", "8", "?*(100000*(relu))"),
    "a search of repetitions in repetitions": ("shape", "8", "?*(50*(?*(relu) conv:8,k3))"),
    "an input before 50,000 layers": ("shape", "3x?x?", "50000*(conv:3,k3,p1)", "--want", "3x8x8"),
    "an input before 5,000 layers": ("shape", "3x?x?", "2500*(conv:3,k3 conv:3,k1)", "--want", "3x8x8"),
    "channels before 5,000 layers": ("shape", "?x8x8", "4999*(relu)", "--want", "9x8x8"),
    "channels before many numbers": ("shape", "?x8x8", " ".join(f"conv:{n},k1" for n in range(1, 4000))),
    "a number among many": ("shape", "8", " ".join(f"fc:{n}" for n in range(1, 4000)) + " fc:?", "--want", "9"),
    "branches of a long period": ("shape", "3x?x?", "9*(maxpool:2) 200*(conv:3,k3,p1 relu + id) 9*(upsample:2)"),
    "10^5 layers": ("shape", "3x8x8", "100000*(conv:3,k1)", "-q"),
    "explained layers": ("shape", "3x8x8", "3000*(conv:3,k1)", "--explain"),
    "a drawing of layers": ("shape", "3x8x8", "3000*(conv:3,k1)", "-F", "dot"),
    "a region of layers": ("shape", "3x800x800", "1000*(conv:3,k3,p1)", "--region", "1,1"),
    "a size of 5,000 digits": ("shape", "3x" + "9" * 4000 + "x8", "conv:8,k3"),
    "params of 10^4000": ("params", "9" * 4000 + "x8x8", "3*(conv:8,k3)"),
    "frameworks of 10^18": ("shape", "224", "-k", str(10**18), "--frameworks"),
    "a size claimed of many layers": ("shape", "3x8x8", "3000*(conv:3,k3,p1)", "--check", "3x9x9"),
    "a count claimed of many layers": ("params", "3x8x8", "3000*(conv:3,k3,p1)", "--check", "77"),
    "a claim of many numbers": ("conv", X, "-k", K, "--check", "1 " * 50_000),
    "a claim of brackets": ("conv", X, "-k", K, "--check", "[" * 100_000),
    "a claim of a size": ("shape", "3x32x32", "conv:8,k3", "--check", "1x" * 60_000),
    "a claim of digits": ("params", "3x32x32", "conv:8,k3", "--check", "9" * 100_000),
    "a gradient of brackets": ("conv", X, "-k", K, "--grad", "[" * 100_000),
    "a cell of many numbers": ("conv", X, "-k", K, "--explain", "--at", "1," * 60_000),
    "a pattern of stars": ("conv", "--inputs", "*" * 5000 + "/x", "-k", K),
    "a pattern of links in circles": ("conv", "--inputs", "/proc/**", "-k", K),
    "a pattern of long paths": ("conv", "--inputs", "*/" * 20 + "x", "-k", K),
    "a pattern of folders": ("conv", "--inputs", "**/" * 40 + "x", "-k", K),
    "a name of 100 KB": ("conv", "a" * 100_000 + ".npy", "-k", K),
    "an output of 100 KB": ("conv", X, "-k", K, "-o", "a" * 100_000 + ".npy"),
    "an unknown option of 100 KB": ("conv", X, "-k", K, "--" + "a" * 100_000),
    "ones that a call makes": ("conv", "np.ones((2000, 2000))", "-k", "1", "-q", "-o", "y.npy"),
    "a range that turns": ("conv", "np.arange(4000000).reshape(2000, 2000).T", "-k", "1", "-q", "-o", "y.npy"),
    "a ninth of many ones": ("conv", "np.ones((1500, 1500))/9", "-k", "1", "-q", "-o", "y.npy"),
    "R's numbers again": ("pool", "array(1:3, dim=c(1500, 1500))", "max", "-k", "1500", "-q"),
    "a ramp by columns": ("pool", "matrix(1:2000000, nrow=2000)", "max", "-k", "1000", "-q"),
    "10,000 options": ("conv", X, "-k", K, *["-q"] * 10_000),
    "10,000 layers": ("shape", "3x8x8", *["relu"] * 10_000),
    "10,000 kernels": ("conv", X, *["-k", K] * 5000),
    "a fraction of 4,000 digits": ("conv", X, "-k", "1/" + "9" * 4000, "--exact"),
    "powers of fractions": ("pool", "1/3 1/7; 1/11 1/13", "lp", "-k", "2", "--norm", "1000", "--exact"),
    "a precision of 100": ("conv", X, "-k", "0.1 0.3; 1e300 1e-300", "--precision", "100"),
    "numbers of 4,000 digits": ("conv", ("9" * 4000 + " ") * 20, "-k", "9" * 4000, "--dims", "1"),
}

QUESTIONS: dict[str, Callable[[], Question]] = {
    **{
        f"{command} {name}, {what}": partial(option, command, name, value)
        for command, names in OPTIONS.items()
        for name in names
        for what, value in CHARACTERS.items()
    },
    **{f"short, {name}": partial(file, "net.txtnet", text, "--input", "3x64x64") for name, text in SHORT.items()},
    **{f"source, {name}": partial(source, text) for name, text in SOURCES.items()},
    **FILES,
    **{f"kind, {name}": made for name, made in KINDS.items()},
    **{f"print, {name}": partial(Question, ("params", "-f", "-"), text.encode()) for name, text in PRINTS.items()},
    **{f"work, {name}": partial(Question, words) for name, words in WORK.items()},
}
