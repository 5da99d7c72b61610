"""Blocks whose `forward` is known: a class, the children it must have, and its graph in the branch language.

In a graph the name of a child stands for the child, `name?` for one that may be absent; `id?` is a shortcut that is
there only where the other branches keep sizes and channels. Any other word is a layer of the short notation, with a
colon (`relu:`) where a child could have that name. Behind `;;` stand the children that forward does not run. A row
fits a module that has all the children it needs and none that it does not name.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from convcalc.value import Value

if TYPE_CHECKING:
    from convcalc.notation.pytorch.print_tree import Module

# Classes that run their children in the order in which they are printed.
SEQUENTIAL = frozenset(
    {
        *("Sequential", "Conv2dNormActivation", "Conv3dNormActivation", "ConvNormActivation", "ConvBNReLU"),
        *(
            "ConvBNActivation",
            "SimpleStemIN",
            "BottleneckTransform",
            "AnyStage",
            "ASPPConv",
            "FCNHead",
            "DeepLabHead",
        ),
        *("MLP", "MLPBlock", "BasicStem", "R2Plus1dStem", "Conv2Plus1D", "TemporalSeparableConv", "_DenseBlock"),
    }
)

# Source of the graphs: `forward` in torchvision 0.29 and timm 1.0.
_ROWS = """
AlexNet : features avgpool flatten classifier
VGG : features avgpool flatten classifier
BasicBlock : (conv1 bn1 relu conv2 bn2 + downsample?) relu
BasicBlock : (conv1 conv2 + downsample?) relu
Bottleneck : (conv1 bn1 relu conv2 bn2 relu conv3 bn3 + downsample?) relu
Bottleneck : (conv1 conv2 conv3 + downsample?) relu
ResNet : conv1 bn1 relu maxpool layer1 layer2 layer3 layer4 avgpool flatten fc
VideoResNet : stem layer1 layer2 layer3 layer4 avgpool flatten fc
SqueezeExcitation : (id * avgpool fc1 activation fc2 scale_activation)
InvertedResidual : (conv + id?)
InvertedResidual : (block + id?)
MBConv : (block stochastic_depth + id?)
FusedMBConv : (block stochastic_depth + id?)
_InvertedResidual : (layers + id?)
MobileNetV2 : features gap flatten classifier
MobileNetV3 : features avgpool flatten classifier
EfficientNet : features avgpool flatten classifier
MNASNet : layers gap flatten classifier
Fire : squeeze squeeze_activation (expand1x1 expand1x1_activation | expand3x3 expand3x3_activation)
SqueezeNet : features classifier flatten
BasicConv2d : conv bn relu:
BasicConv2d : conv bn relu
Inception : (branch1 | branch2 | branch3 | branch4)
GoogLeNet : conv1 maxpool1 conv2 conv3 maxpool2 inception3a inception3b maxpool3 inception4a inception4b \
inception4c inception4d inception4e maxpool4 inception5a inception5b avgpool flatten dropout fc ;; aux1 aux2
InceptionA : (branch1x1 | branch5x5_1 branch5x5_2 | branch3x3dbl_1 branch3x3dbl_2 branch3x3dbl_3 \
| avgpool:3,s1,p1 branch_pool)
InceptionB : (branch3x3 | branch3x3dbl_1 branch3x3dbl_2 branch3x3dbl_3 | maxpool:3,s2)
InceptionC : (branch1x1 | branch7x7_1 branch7x7_2 branch7x7_3 | branch7x7dbl_1 branch7x7dbl_2 branch7x7dbl_3 \
branch7x7dbl_4 branch7x7dbl_5 | avgpool:3,s1,p1 branch_pool)
InceptionD : (branch3x3_1 branch3x3_2 | branch7x7x3_1 branch7x7x3_2 branch7x7x3_3 branch7x7x3_4 | maxpool:3,s2)
InceptionE : (branch1x1 | branch3x3_1 (branch3x3_2a | branch3x3_2b) \
| branch3x3dbl_1 branch3x3dbl_2 (branch3x3dbl_3a | branch3x3dbl_3b) | avgpool:3,s1,p1 branch_pool)
Inception3 : Conv2d_1a_3x3 Conv2d_2a_3x3 Conv2d_2b_3x3 maxpool1 Conv2d_3b_1x1 Conv2d_4a_3x3 maxpool2 Mixed_5b \
Mixed_5c Mixed_5d Mixed_6a Mixed_6b Mixed_6c Mixed_6d Mixed_6e Mixed_7a Mixed_7b Mixed_7c avgpool dropout flatten fc \
;; AuxLogits
_DenseLayer : (id | norm1 relu1 conv1 norm2 relu2 conv2)
_Transition : norm relu conv pool
DenseNet : features relu: gap flatten classifier
ResBottleneckBlock : (proj? + f) activation
RegNet : stem trunk_output avgpool flatten fc
SepInceptionBlock3D : (branch0 | branch1 | branch2 | branch3)
TransformerEncoderLayer : (self_attn dropout1 + id) norm1 (linear1 dropout linear2 dropout2 + id) norm2
TransformerEncoder : layers norm?
"""

# Words of a graph that are not children.
_FUNCTIONS = frozenset({"id", "id?", "gap", "flatten"})


class Block(Value):
    """One known block: its graph, the children it needs, and all the children that it names."""

    graph: str
    needed: frozenset[str]
    named: frozenset[str]


@cache
def _blocks() -> dict[str, list[Block]]:
    found: dict[str, list[Block]] = {}
    for row in _ROWS.strip().replace("\\\n", "").split("\n"):
        name, _, rest = row.partition(" : ")
        graph, _, ignored = rest.partition(" ;; ")
        words = {word.strip("()") for word in graph.split()} - _FUNCTIONS - {"", "+", "|", "*"}
        children = {word for word in words if ":" not in word}
        needed = frozenset(word for word in children if not word.endswith("?"))
        named = frozenset({word.rstrip("?") for word in children} | set(ignored.split()))
        found.setdefault(name, []).append(Block(graph, needed, named))
    return found


def known_block(module: Module) -> Block | None:
    """Return the block that a printed module is, None where its class or its children are not known."""
    names = {child.name for child in module.children}
    for block in _blocks().get(module.class_name, ()):
        if block.needed <= names <= block.named:
            return block
    return None
