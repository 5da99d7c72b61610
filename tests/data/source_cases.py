"""Programs that `make_source_cases.py` runs: lines of a class's `__init__` and `forward`, or a whole program.

A case is what stands before the class `Net`, its `__init__`, its `forward`, and the size of an input.
"""

from __future__ import annotations

HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"


def program(before: str, made: str, run: str) -> str:
    """Return a program with a class `Net`; lines stand one below the other, or behind semicolons."""
    made, run = (text.strip("\n").replace("; ", "\n").replace("\n", "\n        ") for text in (made, run))
    return f"""{HEAD}{before}

class Net(nn.Module):
    def __init__(self, n=4):
        super().__init__()
        {made}

    def forward(self, x):
        {run}
"""


OPTIONS = """
import argparse
parser = argparse.ArgumentParser()
parser.add_argument('-w', '--width', type=int, default=6)
parser.add_argument('--no-bias', dest='bias', action='store_false')
parser.add_argument('--deep', action='store_true')
group = parser.add_argument_group('windows')
group.add_argument('--kernel-size', type=int, default=3)
parser.set_defaults(stride=2)
args = parser.parse_args([])
known, rest = parser.parse_known_args([])
"""

RECORDS = """
from dataclasses import dataclass
from types import SimpleNamespace

@dataclass
class Base:
    width: int
    bias: bool = True

@dataclass
class Config(Base):
    depth: int = 2
    last: int = None

config, sizes = Config(5, depth=3), SimpleNamespace(kernel=3, pad=1)
"""

BLOCKS = """
class Pair(nn.Sequential):
    pass

class Named(nn.Sequential):
    def __init__(self, inner, outer, *sizes, bias=True, **more):
        super().__init__(nn.Conv2d(inner, outer, sizes[0], bias=bias), nn.ReLU())
        self.outer = outer
    def forward(self, x):
        return super().forward(x) + self.outer
"""

TIED = """
class Head(nn.Module):
    def __init__(self, embedding):
        super().__init__()
        self.decoder = nn.Linear(6, 11, bias=False)
        self.decoder.weight = embedding.weight
    def forward(self, x):
        return self.decoder(x)
"""

CONFIG = """
from dataclasses import asdict, dataclass, field, replace
from enum import Enum
from typing import ClassVar, NamedTuple

class Kind(Enum):
    CONV = 'conv'
    POOL = 'pool'

class Spec(NamedTuple):
    kind: Kind
    size: int = 3

@dataclass
class Config:
    width: int
    specs: list = field(default_factory=lambda: [Spec(Kind.CONV, 2), Spec(Kind('pool'))])
    bias: bool | None = field(default=None)
    last: int = field(init=False, default=1)
    names: ClassVar[int] = 9
    def __post_init__(self):
        self.last = self.twice(self.width)
    @classmethod
    def small(cls): return cls(width=5)
    @staticmethod
    def twice(n): return 2 * n
    @property
    def end(self): return self.last + 1

cfg = replace(Config.small(), width=6)
"""

MIXED = """
class Sized:
    def __init__(self, *more):
        super().__init__(*more)
        self.sized = True
    @property
    def width(self): return self._w
    @width.setter
    def width(self, value): self._w = value
    def act(self, x): return torch.relu(x)

class Base(nn.Module):
    def __init__(self, w):
        super().__init__()
        self._w = w
        self.conv = nn.Conv2d(3, w, 3)
    def forward(self, x): return self.conv(x)

class Wide(Sized, Base):
    def forward(self, x): return self.act(super().forward(x))
"""

CHOICES = """
from functools import partial
def act(name):
    match name:
        case 'relu': return nn.ReLU()
        case 'gelu' | 'GELU': return nn.GELU()
        case _: raise ValueError(name)
def norm(*kind):
    match kind:
        case ['bn', int(n)]: return nn.BatchNorm2d(n)
        case ['gn', n, *rest] if n % 4 == 0: return nn.GroupNorm(rest[0], n)
        case [{'pool': size, **more}, None]: return nn.MaxPool2d(size)
        case _: return nn.Identity()
conv = partial(nn.Conv2d, kernel_size=3, bias=False)
try:
    from fast_layers import Conv2d as Fast, is_there
except ImportError:
    from torch.nn import Conv2d as Fast
"""

CONV = "self.c = nn.Conv2d(3, n, 3)"

LAYER_CLASSES = """
import math

class Causal(nn.Conv1d):
    def __init__(self, n, out, kernel_size, dilation=1, **others):
        self.left = (kernel_size - 1) * dilation
        super().__init__(n, out, kernel_size=kernel_size, padding=self.left, dilation=dilation, **others)
    def forward(self, x):
        return super().forward(x)[:, :, :-self.left]

class Same(torch.nn.Conv2d):
    def forward(self, x):
        sides = zip(x.shape[-2:], self.kernel_size, self.stride, self.dilation)
        pads = [max((math.ceil(i / s) - 1) * s + (k - 1) * d + 1 - i, 0) for i, k, s, d in sides][::-1]
        x = F.pad(x, [each for pad in pads for each in (pad // 2, pad - pad // 2)])
        return self._conv_forward(x, self.weight, self.bias)

class Plain(nn.Linear):
    pass

class Masked(nn.Linear):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.register_buffer('mask', torch.ones(self.out_features, self.in_features))
    def forward(self, x):
        return F.linear(x, self.mask * self.weight, self.bias)

class Standardized(nn.Conv2d):
    def forward(self, x):
        var, mean = torch.var_mean(self.weight, dim=[1, 2, 3], keepdim=True, unbiased=False)
        w = (self.weight - mean) / torch.sqrt(var + 1e-5)
        return F.conv2d(x, w, self.bias, self.stride, self.padding, self.dilation, self.groups)
"""

CASES: list[tuple[str, str, str, str]] = [
    (OPTIONS, "self.c = nn.Conv2d(3, args.width, args.kernel_size, known.stride, bias=args.bias)",
     "return F.relu(self.c(x)) if not args.deep else x", "3x9x8"),
    (RECORDS, """
self.l = nn.ModuleList(nn.Conv2d(3, 3, sizes.kernel, padding=sizes.pad) for _ in range(config.depth))
self.f = nn.Conv2d(3, config.width, 1, bias=config.bias) if config.last is None else nn.Identity()
""", "for layer in self.l: x = layer(x)\nreturn self.f(x)", "3x7x5"),
    (BLOCKS, """
self.p = Pair(nn.Conv2d(3, n, 2), nn.ReLU()).append(nn.Conv2d(n, n, 1))
self.q = Named(n, 5, 3, bias=False, unused=2)
""",
     "return self.q(self.p(x)) + sum(len(list(p)) for p in (self.p, self.q))", "3x9x8"),
    # What is written into containers, lists and attributes.
    ("", """
self.l = nn.ModuleList([nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 2)])
self.l[-1] = nn.Conv2d(3, n, 3)
sizes, named = [1, 2], {'a': 2}
sizes[0] = 3
named['a'] += 4
self.count = 2
self.count *= 3
(a, b) = [2, 5]
self.f = nn.Conv2d(n, named['a'] + self.count + sizes[0] + b, 1)
""", "return self.f(self.l[1](self.l[0](x)))", "3x9x8"),
    ("", f"""
{CONV}
self.c.weight.requires_grad = False
self.c.weight.data.normal_(0, 0.1)
self.c.bias.data = torch.zeros(n)
self.c.bias = nn.Parameter(torch.zeros(n))
nn.init.zeros_(self.c.bias)
self.f = nn.Conv2d(self.c.out_channels, self.c.stride[0] + 4, 1)
""", "return self.f(self.c(x))", "3x9x8"),
    ("", """
self.body = nn.Sequential()
self.body.add_module('first', nn.Conv2d(3, n, 3))
self.body.append(nn.ReLU())
self.body.extend([nn.Conv2d(n, 6, 1), nn.ReLU()])
self.d = nn.ModuleDict({'a': nn.Conv2d(6, 6, 1), 'b': nn.Conv2d(6, 2, 1)})
self.add_module('last', nn.Conv2d(2, len(self.d), 1))
self.register_buffer('mean', torch.tensor([[[0.5]], [[0.25]]]))
""", """
x = self.body.forward(x)
for name in self.d.keys(): x = self.d[name](x)
first = list(self.d.items())[0][1]
return -self.last.forward(x) - self.mean + first(self.body[:2](torch.ones_like(x[:, :1]).expand(-1, 3, -1, -1)
    )[:, :1, :1, :1].expand(-1, 6, -1, -1)).mean()
""", "3x9x8"),
    ("", "for i in range(3): setattr(self, f'c{i}', nn.Conv2d(3 + i, 4 + i, 2))\nself.c3 = nn.ReLU()", """
layers = [getattr(self, f'c{i}') for i in range(4)]
for name, layer in self.named_children():
    if isinstance(layer, (nn.ReLU, nn.Linear)): break
    if type(layer) == nn.Linear: continue
    x = layer(x)
else:
    x = layers[0](x)
if hasattr(self, 'c9') or not isinstance(layers, list) or getattr(self, 'c8', None) is not None: return x
return layers[-1](x)
""", "3x9x8"),
    ("from collections import OrderedDict\ndouble = lambda n, times=2: n * times", """
with torch.no_grad(): self.s = nn.Sequential(OrderedDict([('a', nn.Conv2d(3, double(n), 1)), ('b', nn.ReLU())]))
try: width = int('5')
except ValueError: width = 3
else: width = width + 1
i = 0
while True:
    i += 1
    if i % 2: continue
    if i > 4: break
self.f = nn.Conv2d(8, width * i, 1)
""", "for child in self.s.children(): x = child(x)\nreturn self.f(x)", "3x9x8"),
    # Tensors moved about.
    ("", CONV, "y = self.c(x); return y.flatten(2).view_as(y) + y.reshape_as(y)", "3x7x5"),
    ("", CONV, "y = self.c(x).mean(dim=(2, 3), keepdim=True); return y.expand(-1, -1, 6, 2)", "3x7x5"),
    ("", CONV, "y = self.c(x); z = y.amax([2, 3], True); return z.expand_as(y).repeat(1, 1, 1, 1)", "3x7x5"),
    ("", "self.q = nn.Conv2d(3, 12, 1)", """
b, c, h, w = x.shape
qkv = self.q(x).reshape(b, 3, 2, 2, h * w).permute(1, 0, 2, 4, 3)
q, k, v = qkv.unbind(0)
y = (q @ k.transpose(-2, -1)).softmax(-1) @ v
return y.transpose(2, 3).reshape(b, -1, h, w) + qkv[0].mean()
""", "3x7x5"),
    ("", CONV, "a, b = self.c(x).split(2, dim=1); return torch.cat([a, b * 2, a], dim=1)", "3x7x5"),
    ("", CONV, "a, b, c = torch.split(self.c(x), [1, 2, 1], 1); return torch.cat((b, c), -3)", "3x7x5"),
    ("", CONV, "parts = self.c(x).unbind(1); return torch.stack(parts[:3], dim=2)", "3x7x5"),
    ("", CONV, "y = self.c(x); return y / y.norm(2, 1, keepdim=True) + y.max(1, keepdim=True)[0]", "3x7x5"),
    ("", CONV, "y = self.c(x); return y.std(1, True).unsqueeze(1).squeeze(1)[:, 1:]", "3x7x5"),
    ("", CONV, "return F.pad(self.c(x), (-1, 2, 0, -2), mode='constant')", "3x7x5"),
    ("", CONV, "return F.pad(self.c(x), (1, 2, 0, 1), 'circular')[:, 1:, ..., -1]", "3x7x5"),
    ("", CONV, "y = self.c(x); return y[:, :, 1:4:2] if y.shape[1:] != x.shape[1:] and x.ndim == 4 else y", "3x7x5"),
    ("", CONV, "y = self.c(x); h, w = tuple(y.shape[-2:]); return F.interpolate(y, (h * 2, w + 1))", "3x7x5"),
    ("", CONV, "y = self.c(x); return y.sum(-1) * (y.dim() + y.numel() + int(y.size(2) / 2))", "3x7x5"),
    ("", CONV, "return sum([self.c(x), self.c(x) * 2, torch.zeros_like(self.c(x))]).transpose(1, -1)", "3x7x5"),
    ("", CONV, "return torch.max(self.c(x), self.c(-x)).abs().pow(2).swapaxes(2, 3)", "3x7x5"),
    ("", CONV, "return torch.cat([x, x[:, :, 1:]], 2)[:, :, ::2] + torch.cat([self.c(x)]).mean()", "3x7x5"),
    ("", CONV, "y = x.data.to(x.device)\nreturn y if y.is_cuda else F.dropout(self.c(y), 0.5, self.training)",
     "3x7x5"),
    ("", CONV, "y = F.layer_norm(self.c(x), (5, 3)); return y[:, :, 1, None].flip(-1).neg()", "3x7x5"),
    ("", "self.r = nn.LSTM(6, 5, batch_first=True); self.m = nn.MultiheadAttention(5, 1, batch_first=True)",
     "y, state = self.r(x); z, _ = self.m(y * 2, y, y + 1); return z", "7x6"),
    # Parameters with other axes.
    ("", "self.w = nn.Parameter(torch.ones(1, 3, 7, 5)); self.g = nn.Parameter(torch.zeros(3))",
     "return x + self.w[..., :1] * self.g[None, :, None, None] + self.w[0, -1]", "3x7x5"),
    ("", "self.w = nn.Parameter(torch.ones(5, 7, 3)); self.g = nn.Parameter(torch.full((3,), 0.1))",
     "return x * self.w.permute(2, 1, 0) + self.g.unsqueeze(-1).unsqueeze(2).exp() + self.w.transpose(0, 2).abs()",
     "3x7x5"),
    ("", "self.t = nn.Parameter(torch.randn(1, 1, 6)); self.p = nn.Parameter(torch.eye(8, 6)[None])", """
t = self.t.expand(x.shape[0], -1, -1)
x = torch.cat([t, x], dim=1) + self.p
return x * self.t.size(-1) + self.p.numel() - self.t.repeat(x.size(0), 1, 1) + self.p.dim()
""", "7x6"),
    ("", "self.w = nn.Parameter(torch.ones(2, 15))",
     "return F.linear(x, self.w.reshape(5, -1))", "7x6"),
    # Sizes that a sample finds while the model is made.
    ("", """
self.c = nn.Conv2d(3, n, 3)
sample = torch.rand(1, 3, 7, 5)
y = self.c(sample)
self.scale = nn.Parameter(self.c(torch.Tensor(1, 3, 7, 5)))
self.f = nn.Linear(y.numel(), len(y.shape) + y.dim())
""", "return self.f((self.c(x) * self.scale).flatten(start_dim=1))", "3x7x5"),
    # One weight under two names, and layers in layers.
    (TIED, "self.e = nn.Embedding(11, 6); self.h = Head(self.e)", "return self.h(self.e(x.long()))", "7"),
    ("", "layer = nn.TransformerEncoderLayer(6, 2, 9, batch_first=True); self.t = nn.TransformerEncoder(layer, 2)",
     "return self.t(x)", "7x6"),
    ("", """
self.parts = nn.ModuleDict(dict(e=nn.Embedding(11, 6), d=nn.Linear(6, 6)))
self.head = nn.Linear(6, 11)
self.head.bias = None
self.parts.e.weight = self.head.weight
self.spare = nn.Linear(6, 11, bias=False)
self.spare.weight = self.parts.e.weight
self.head.weight = self.head.weight
self.parts.d.weight.requires_grad_(False)
""", "return self.head(self.parts['d'](self.parts['e'](x.long())))", "7"),
    # Classes, functions and texts.
    ("""
class Base(nn.Module):
    size, extra = 3, None
    def __init__(self, kind=nn.Conv2d, **more):
        super().__init__()
        self.conv = kind(3, self.size, **more)
    @staticmethod
    def half(n):
        return n // 2
    def helper(self, x, *rest, scale=1):
        return self.conv(x) * scale

class Wide(Base):
    size = 8
    def forward(self, x):  # größer
        return super().helper(x, 1, 2, scale=self.half(4)) if self.extra is None else x
""", """
name = (lambda kind='ReLU': kind)()
self.w = Wide(kernel_size=2, bias=(width := 5) > 6)
self.a = getattr(nn, name)()
self.f = nn.ModuleDict([(f'{[1, 2]}{width:03d}'[-3:], nn.Conv2d(8, int(f'{width:d}'), 1))])
self.kinds = [type(self.w) == Wide, isinstance(self.w, Base), isinstance(3, nn.ReLU), isinstance(self.f, nn.Module),
    isinstance(self.f, nn.ModuleDict), type(self.f) == nn.ModuleDict, isinstance(self.w, nn.Sequential)]
self.y = self.a(torch.Tensor([[[[1.0], [2.0]], [[3.0], [4.0]]]]))
""", """
if x.size(0) > 100: raise ValueError('too many')
y = self.a(self.w(x)) if self.kinds == [True, True, False, True, True, True, False] else x
return self.f['005'](y) + self.y[0, 0, 1] + sum(k for k in (1, 2, 3) if k != 2) + len(range(3))
""", "3x7x5"),
    # The language around the layers: data classes, mixins, patterns, copies, containers.
    (CONFIG, """
self.c = nn.Conv2d(3, cfg.width, cfg.specs[0].size, bias=cfg.bias)
for kind, size in cfg.specs:
    self.p = nn.MaxPool2d(size) if kind is Kind.POOL and kind.value == 'pool' else None
self.f = nn.Conv2d(cfg.width, asdict(cfg)['last'] + vars(cfg)['last'] + cfg.end, 1, bias=None)
""", "return self.f(self.p(self.c(x)))", "3x13x9"),
    (MIXED, "self.w = Wide(5)\nself.f = nn.Conv2d(self.w.width, 4 if self.w.sized else 2, 1)",
     "return self.f(self.w(x))", "3x7x5"),
    (CHOICES, """
self.s = nn.Sequential(conv(3, 8), norm('bn', 8), act('gelu'), norm('gn', 8, 2), norm({'pool': 2}, None), norm(1),
    Fast(8, n, 1))
""", "return self.s(x)", "3x9x8"),
    ("import copy\ndef clones(module, n): return nn.ModuleList([copy.deepcopy(module) for _ in range(n)])", """
self.l = clones(nn.Sequential(nn.Conv2d(3, 3, 3, padding=1), nn.BatchNorm2d(3)), 2)
self.l += clones(nn.Conv2d(3, 3, 1), 2)
self.l.insert(0, nn.Conv2d(3, 3, 2))
del self.l[-1]
self.d = nn.ModuleDict({'a': nn.Conv2d(3, n, 1)})
self.d.update({'b': nn.Conv2d(n, 5, 1)})
self.d['c'] = nn.Conv2d(5, len(self.d), 1)
self.s = nn.Sequential(nn.Identity()) + nn.Sequential(*[nn.ReLU()] * 2)
self.s.pop(0)
""", """
for layer in self.l: x = layer(x)
for name in self.d: x = self.d[name](x)
first, *rest = [x, x, x]
return self.s(sum([first] + rest)) if 'c' in self.d and len(self.s) == 2 else x
""", "3x9x8"),
    ("""
class Dense(nn.ModuleDict):
    def __init__(self, count):
        super().__init__()
        for i in range(count): self.add_module(f'layer{i}', nn.Conv2d(3 + 2 * i, 2, 3, padding=1))
    def forward(self, first):
        found = [first]
        for name, layer in self.items(): found.append(layer(torch.cat(found, 1)))
        return torch.cat(found, 1) if isinstance(first, torch.Tensor) else first
""", "self.d = Dense(3)", "return self.d(x)", "3x7x5"),
    ("", """
self.c = nn.Conv2d(3, 8, (3, 5), stride=2, padding=1, bias=False)
self.d = nn.Conv2d(self.c.out_channels, self.c.in_channels * 2, self.c.kernel_size, self.c.stride, self.c.padding,
    self.c.dilation, groups=self.c.groups, bias=self.c.bias is not None)
self.n = nn.BatchNorm2d(self.d.weight.shape[0])
self.p = nn.MaxPool2d(2)
self.f = nn.Linear(self.n.num_features, self.p.kernel_size + self.p.stride)
self.g = nn.LayerNorm(self.f.out_features)
self.h = nn.Linear(self.g.normalized_shape[0], self.f.in_features)
""", "return self.h(self.g(self.f(self.n(self.d(self.c(x))).mean([2, 3]))))", "3x17x19"),
    ("from torch.nn.utils import spectral_norm, weight_norm\n"
     "from torch.nn.utils.parametrizations import spectral_norm as SN, weight_norm as WN", """
self.a = spectral_norm(nn.Conv2d(3, 8, 3))
self.b = weight_norm(nn.Conv2d(8, 6, 2, bias=False))
self.t = WN(nn.ConvTranspose2d(6, 4, 2), dim=1)
self.u = SN(nn.ConvTranspose2d(4, 5, 2))
self.l = nn.utils.weight_norm(nn.Linear(7, 6), dim=None)
self.r = nn.utils.remove_weight_norm(weight_norm(nn.Linear(6, 2)))
""", "return self.r(self.l(self.u(self.t(self.b(self.a(x))))))", "3x9x8"),
    ("", """
self.scale = nn.Parameter(torch.ones([]) * math.log(2.5))
self.alpha = nn.Parameter(torch.tensor(0.5))
self.beta = nn.Parameter(torch.zeros(3))
self.c = nn.Conv2d(3, n, 3)
""".replace("math.log(2.5)", "1.5"), """
a = torch.sigmoid(self.alpha)
return self.scale.exp() * x[:, :, 1:-1, 1:-1].sum(1, keepdim=True) + a * self.c(x) * (1 - a) + self.beta[1]
""", "3x7x5"),
    ("""
import itertools
import logging
import operator
from collections import defaultdict, namedtuple
from functools import reduce
from torch.utils.checkpoint import checkpoint

logger = logging.getLogger(__name__)
Spec = namedtuple('Spec', 'out k', defaults=[1])
count = 0

def following(step=1):
    global count
    count += step
    return count

def widths(n, start=4):
    for _ in range(n):
        yield start
        start += 2
    yield from (5, following(), following())

def counter():
    n = 0
    def again():
        nonlocal n
        n += 1
        return n
    return [again() for _ in range(3)]
""", """
logger.info(f'{n} classes')
options = {**dict(bias=False, stride=2), 'stride': 1}
chans = [3, *widths(2)]
self.s = nn.Sequential(*itertools.chain(*([nn.Conv2d(a, b, 1, **options), nn.ReLU()]
    for a, b in itertools.pairwise(chans))))
self.t = nn.ModuleList(map(lambda spec: nn.Conv2d(spec.out, spec.out, spec.k), [Spec(chans[-1]), Spec(out=3, k=3)]))
kinds = defaultdict(list)
for m in self.modules():
    if isinstance(m, nn.Conv2d): kinds['conv'].append(m)
    if isinstance(m, nn.Conv2d): nn.init.zeros_(m.weight)
for path, m in self.named_modules():
    if isinstance(m, nn.ReLU): m.index = len(path)
self.width = len(kinds['conv']) + [w := 6 for _ in 'a'][0] + w + (~0 & 3 | 4) + sum(counter()) + count
self.f = eval('nn.Conv2d')(reduce(operator.mul, [1, 2], 1), self.width, 1)
self.t[1] = nn.Conv2d(self.width, next(iter(chans)), 3)
""", """
first, *_ = x.shape
x = checkpoint(self.s, x, use_reentrant=False)
return self.t[1](self.f(self.t[0](x))) if self.s[1].index == 3 else x
""", "3x9x8"),
    # Views of the weight of a layer, which counts once.
    ("", "self.e = nn.Linear(14, 6)", """
w, z = self.e.weight, self.e(x)
return (F.linear(z, w.t()), F.linear(z, w.T), F.linear(z, w.transpose(0, 1)[3:]), F.linear(x, w[:2], self.e.bias[:2]),
    z @ w, torch.matmul(x, w.detach().mT * 2), (x @ w.t()[:, ::2]) @ torch.t(w)[2, ::2].unsqueeze(1))
""", "14"),
    ("", "self.e = nn.Linear(14, 6)", "return self.e(x) @ self.e.weight, F.linear(x, self.e.weight)", "5x14"),
    ("", "self.c = nn.Conv2d(3, 8, (3, 2), 2, bias=False)", """
w, y = self.c.weight, self.c(x)
y = F.conv2d(y, w.transpose(0, 1)) + F.conv2d(y, torch.flip(w, [2, 3]).permute(1, 0, 2, 3))
return y, F.conv2d(x, w[:5]), F.conv2d(x, w.data[:6, :1], groups=3), F.conv_transpose2d(self.c(x), w.flip(3).clone())
""", "3x11x12"),
    ("", "self.c = nn.Conv2d(3, 8, (3, 2), bias=False)", """
w = self.c.weight
return F.conv2d(x, w - w.mean((1, 2, 3), keepdim=True)), F.conv2d(x, w.sum((2, 3), keepdim=True)), F.conv2d(x, -w)
""", "3x11x12"),
    ("", "self.w = nn.Parameter(torch.ones(9, 4)); self.b = nn.Parameter(torch.ones(7))", """
return F.linear(x, self.w[:2], self.b[3:5]) + F.linear(x, self.w[-2:]), x @ self.w.T
""", "4"),
    # A pooling that is changed, whose stride stays; the rows of all samples.
    ("", "self.p = nn.MaxPool2d(2); self.p.kernel_size = 3; self.q = nn.AvgPool2d(3, 1); self.q.stride = (2, 1)",
     "return self.p(x), self.q(x)", "3x9x8"),
    ("", "self.f = nn.Linear(8, 4)", "return self.f(x.view(-1, 8))", "2x6x8"),
    # Classes that are a layer; a list of one module put behind others.
    (LAYER_CLASSES, "self.s = Same(3, 6, 5, stride=2); self.p = Plain(4, 5); self.c = Causal(6, 7, 3, dilation=2)",
     "return self.p(self.c(self.s(x).flatten(2))[:, :, :4]) if isinstance(self.p, nn.Linear) else x", "3x9x8"),
    (LAYER_CLASSES, "self.c = Standardized(3, 6, 5, stride=2, bias=False); self.m = Masked(2, 5)",
     "return self.m(self.c(x))", "3x9x8"),
    ("", "self.p = nn.Parameter(torch.zeros(8, 2, 4))", "return x + torch.flatten(self.p, 1)",
     "9x8x8"),
    ("", "self.l = nn.ModuleList(); self.l += [nn.Sequential(nn.Conv2d(3, 3, 3), nn.ReLU())]",
     "return self.l[0](x) * len(self.l)", "3x9x8"),
    # All axes of one sample, whatever layers behind a view are for; constants of fewer axes; cells around any axes.
    ("", "", "return torch.cat([x, x * 2], 1), torch.cat([x, x], -1)", "4x8"),
    ("", "self.n = nn.GroupNorm(1, 3)",
     "x = x.narrow(1, 0, 6).repeat_interleave(2, dim=-1).narrow(1, 2, 3); return F.avg_pool1d(self.n(x), 3, 1, 1)",
     "6x8"),
    ("", "self.p = nn.Parameter(torch.zeros(8)); self.q = nn.Parameter(torch.zeros(1, 3))",
     "x = x[:, ::3][:, :1] + self.p; return x, x[:, :, 0] * self.q", "3x8"),
    ("", "self.f = nn.Linear(5, 6)",
     "x = torch.stack([x, x], 1); return torch.cat(torch.chunk(self.f(x), 2, 2), -3), x.squeeze(2)", "4x3x5"),
    ("", "self.c = nn.Conv2d(3, 4, 1)", "x = self.c(x); return x + x.sum(1)", "3x9x8"),
    ("", "", """
y = F.pad(x, (1, 2))
return y, y.repeat_interleave(2, dim=2), F.pad(x[:, :, ::2], (0, 0, 0, 0, 1, 2)), F.pad(x.mean((2, 3)), [1, -1])
""", "4x8x3"),
]  # fmt: skip

_FRAMES = """
self.cnn = nn.Sequential(nn.Conv2d(3, n, 3, 2), nn.AdaptiveAvgPool2d(2))
self.lstm = nn.LSTM(16, 6, 2, batch_first=True); self.fc = nn.Linear(6, 5)
"""
_ATTENTION = "self.m = nn.MultiheadAttention(6, 2, batch_first=True)"
_READER = "self.c = nn.Conv2d(1, 8, 3); self.r = nn.GRU(8, 5, bidirectional=True); self.f = nn.Linear(10, 7)"

BATCHES: list[tuple[str, str, str, str]] = [
    # What attention returns beside its output.
    ("", _ATTENTION, "y, w = self.m(x, x, x); return y, w", "2x7x6"),
    ("", _ATTENTION, "return self.m(x, x[:, 2:], x[:, 2:], average_attn_weights=False)", "2x7x6"),
    ("", _ATTENTION, "y, w = self.m(x, x, x, need_weights=False); return y if w is None else w", "2x7x6"),
    ("", "self.m = nn.MultiheadAttention(6, 2, kdim=4, vdim=5)",
     "x = x.transpose(0, 1); return self.m(x, key=x[:3, :, :4], value=x[:3, :, 1:])", "2x7x6"),
    ("", "self.t = nn.TransformerEncoder(nn.TransformerEncoderLayer(6, 2, 9), 2)",
     "x = x.permute(1, 0, 2); return self.t(x).permute(1, 0, 2)", "2x7x6"),
    # The batch folded into another axis, taken out again, moved, cut and joined.
    ("", _FRAMES, """
b, t, c, h, w = x.shape
y = self.cnn(x.view(b * t, c, h, w)).view(b, t, -1)
y, (hidden, cell) = self.lstm(y)
return self.fc(y[:, -1]), hidden, cell
""", "2x5x3x11x9"),
    ("", "self.c = nn.Conv2d(1, n, 3)", "b, c, h, w = x.size(); return self.c(x.reshape(b * c, 1, h, w))", "2x3x9x8"),
    ("", _READER, """
y = self.c(x).amax(2).squeeze(2)
y, hidden = self.r(y.permute(2, 0, 1))
t, b, h = y.size()
return self.f(y.reshape(t * b, h)).view(t, b, -1), hidden
""", "2x1x9x8"),
    ("", CONV, "return self.c(torch.cat([x, x[:1]], 0)), torch.stack([x, x]), x[0], x.chunk(2)[1]", "2x3x9x8"),
    ("", CONV, "a, b = self.c(x); return a, b.expand(x.size(0) * 3, 4, 7, 6)", "2x3x9x8"),
    ("", CONV, "y = self.c(x); return torch.einsum('bchw,dchw->bd', y, y)", "2x3x9x8"),
    ("", "self.b = nn.Bilinear(6, 4, 5)", "return self.b(x, x[..., 2:])", "2x7x6"),
    ("", CONV, """
y = self.c(x)
s = y.mean((2, 3)).sum(1, keepdim=True).squeeze(1)
z = y.mean((2, 3))[..., None, None]
return y * z, y[..., None, 0], y[:, 0, None, ..., None, None], s[:, None] + y.amax((2, 3))
""", "2x3x9x8"),
    # Repeated, stretched, moved; an axis that is not 1 stays where it is squeezed.
    ("", CONV, """
y = self.c(x)
return (y.repeat(1, 2, 1, 3), y[:, :1].expand(-1, 5, -1, -1), y.repeat_interleave(2, dim=-1), y.tile((3, 1)),
    torch.tile(y, (2, 1, 1, 1, 1)), y.squeeze(1).squeeze(-1), y.movedim(1, -1), torch.moveaxis(y, (1, 2), (3, 1)),
    y.narrow(2, 1, 4), y.select(1, -1))
""", "2x3x9x8"),
    # Chosen by numbers, and written into parts.
    ("", f"{CONV}; self.g = nn.Parameter(torch.zeros(4, 1, 1))", """
y = self.c(x)
values, places = y.topk(3, dim=1)
return (torch.where(y > 0, y, self.g * y), y.where((y < 1) & (y[:, :1] != 2), 0.0), values, places,
    y.sort(-1)[0], torch.median(y, 2).values, y.kthvalue(2).indices, torch.gather(y, 1, places),
    y.index_select(2, torch.tensor([0, 3])), y[:, [0, 2]], y[..., torch.tensor([[0, 1], [2, 3], [0, 0]])])
""", "2x3x9x8"),
    ("", f"{CONV}; self.mask = torch.ones(7, 6); self.mask[2:, 1] = 0", """
y, out = self.c(x), torch.zeros(x.size(0), 8, 7, 6)
out[:, :4] = y
out[:, 4:] = y[:, :1] * self.mask
out[:, 0] = 0
out[..., -1] += 1
out[1] = y[0, 0]
return out
""", "2x3x9x8"),
    # Windows, and what is undone: pooling with its indices, columns, grids.
    ("", CONV, """
y, i = F.max_pool2d(self.c(x), 3, 2, return_indices=True)
p, j = nn.MaxPool2d(2, 1, return_indices=True)(y)
back = nn.MaxUnpool2d(2, 1)(p, j, output_size=y.size())
return F.max_unpool2d(back, i, 3, 2, output_size=(8, 6)), y, j
""", "2x3x9x8"),
    ("", "self.u = nn.Unfold((3, 2), stride=2); self.f = nn.Fold((9, 8), (3, 2), stride=2)", """
y = self.u(x)
return self.f(y), F.fold(y, output_size=(9, 8), kernel_size=(3, 2), stride=2), x.unfold(2, 4, 2).unfold(3, 3, 3)
""", "2x3x9x8"),
    ("", f"{CONV}; self.t = nn.Linear(4, 6)", """
y = self.c(x)
theta = self.t(y.mean((2, 3))).view(-1, 2, 3)
grid = F.affine_grid(theta, (x.size(0), 3, 5, 11), align_corners=False)
return F.grid_sample(x, grid, align_corners=False), grid
""", "2x3x9x8"),
    ("import torch.utils.checkpoint as cp\nfrom torch.utils.checkpoint import checkpoint",
     f"{CONV}; self.s = nn.Sequential(nn.ReLU(), nn.Conv2d(4, 5, 1))", """
y = checkpoint(self.c, x, use_reentrant=False)
return cp.checkpoint_sequential(self.s, 2, cp.checkpoint(lambda y: y * 2, y, use_reentrant=False))
""", "2x3x9x8"),
    ("""
def windows(x, size):
    b, h, w, c = x.shape
    x = x.view(b, h // size, size, w // size, size, c)
    return x.permute(0, 1, 3, 2, 4, 5).contiguous().view(-1, size, size, c)

def joined(parts, size, h, w):
    b = int(parts.shape[0] / (h * w / size / size))
    x = parts.view(b, h // size, w // size, size, size, -1)
    return x.permute(0, 1, 3, 2, 4, 5).contiguous().view(b, h, w, -1)
""", """
self.q = nn.Linear(3, 6)
self.bias = nn.Parameter(torch.zeros(9, 2))
axes = torch.stack(torch.meshgrid([torch.arange(2), torch.arange(2)], indexing='ij')).flatten(1)
places = (axes[:, :, None] - axes[:, None, :]).permute(1, 2, 0).contiguous()
places[:, :, 0] += 1
self.register_buffer('places', places.sum(-1))
""", """
x = torch.roll(x.permute(0, 2, 3, 1), shifts=(-1, -1), dims=(1, 2))
y = windows(x, 2).view(-1, 4, 3)
n, t, c = y.shape
q = self.q(y).reshape(n, t, 2, 3).permute(0, 2, 1, 3)
a = q @ q.transpose(-2, -1) + self.bias[self.places.view(-1)].view(4, 4, -1).permute(2, 0, 1).unsqueeze(0)
y = (a.softmax(-1) @ q).transpose(1, 2).reshape(n, t, -1)
return joined(y.view(-1, 2, 2, 6), 2, x.shape[1], x.shape[2])
""", "2x3x8x6"),
    # Transformers of two stacks, cells step by step, computed weights, indices that are tensors.
    ("", "self.t = nn.Transformer(6, 2, 2, 1, 9, batch_first=True)", """
mask = nn.Transformer.generate_square_subsequent_mask(len(x[0]))
return self.t(x, x[:, 2:]), mask
""", "2x7x6"),
    ("", "self.t = nn.Transformer(6, 2, 1, 2, 9, batch_first=False)", "return self.t(x, x[2:])", "7x2x6"),
    ("", "layer = nn.TransformerDecoderLayer(6, 2, 9, batch_first=True); self.t = nn.TransformerDecoder(layer, 2)",
     "return self.t(x[:, 3:], memory=x)", "2x7x6"),
    ("", "self.g = nn.GRUCell(6, 5); self.l = nn.LSTMCell(5, 4)", """
h, state = torch.zeros(x.size(0), 5), (torch.zeros(x.size(0), 4), torch.zeros(x.size(0), 4))
for t in range(x.size(1)):
    h = self.g(x[:, t], h)
    state = self.l(h, state)
return h, state
""", "2x7x6"),
    ("", "self.e = nn.LSTM(6, 5, batch_first=True); self.d = nn.LSTM(6, 5, batch_first=True)", """
_, state = self.e(x)
return self.d(x[:, -1:], state)[0]
""", "2x7x6"),
    ("", "self.w = nn.Parameter(torch.ones(4, 3, 3, 3)); self.v = nn.Parameter(torch.FloatTensor(5, 6))", """
w = self.w * x.mean((2, 3)).view(2, 1, 3, 1, 1)
y = F.conv2d(x.reshape(1, -1, 9, 8), w.view(-1, 3, 3, 3), groups=2).view(2, 4, 7, 6)
return F.linear(y, self.v * 0.5), x.T, x.reshape(54, 8).t()
""", "2x3x9x8"),
    ("", "self.l = nn.Linear(6, 5)", """
near = self.l(x).matmul(self.l(x).transpose(1, 2)).topk(3, dim=-1)[1]
rows = torch.arange(x.size(0)).view(-1, 1, 1)
return x[rows, near], x[torch.arange(2), [6, 0]], x[(..., None) + (slice(None),)][:, 1:], torch.linspace(0, 1, 4) * 2
""", "2x7x6"),
    ("from einops import rearrange, reduce, repeat\nfrom einops.layers.torch import Rearrange, Reduce", """
self.p = nn.Sequential(Rearrange('b c (h p) (w q) -> b (h w) (p q c)', p=3, q=2), nn.Linear(18, n))
self.m = Reduce('b t c -> b c', 'max')
self.t = nn.Parameter(torch.zeros(1, 1, 4))
""", """
y = self.p(x)
y = torch.cat([repeat(self.t, '1 1 d -> b 1 d', b=x.shape[0]), y], 1)
z = rearrange(y, 'b t (h d) -> (b h) t d', h=2)
return (self.m(y), z, rearrange(z, '(b h) t d -> b t (h d)', h=2), reduce(x, 'b c (h 3) w -> b c h', 'mean'),
    repeat(x, 'b c h w -> b (c k) h w l', k=2, l=3), rearrange(x, 'b c ... -> b ... c'))
""", "2x3x9x8"),
    ("", "self.q = nn.Linear(6, 12)", """
q, k, v = self.q(x).unflatten(-1, (3, 2, 2)).permute(2, 0, 3, 1, 4)
return F.scaled_dot_product_attention(q, k, v), torch.cdist(x, x[:, 1:]), F.cosine_similarity(x, x, dim=-1)
""", "2x7x6"),
]  # fmt: skip
