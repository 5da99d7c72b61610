"""Rows of known blocks: torchvision's, PyTorch's own, and a few that are as common. `blocks` says how a row is read.

Source of the graphs: `forward` in torchvision 0.29 and PyTorch 2.14; kuangliu/pytorch-cifar and
what is as well known: the wide ResNet of meliketoy, the SELayer of moskomule.
"""

from __future__ import annotations

# Classes that run their children in the order in which they are printed.
SEQUENTIAL = frozenset(
    """
    Sequential Conv2dNormActivation Conv3dNormActivation ConvNormActivation ConvBNReLU ConvBNActivation
    SimpleStemIN BottleneckTransform AnyStage ASPPConv FCNHead DeepLabHead MLP MLPBlock BasicStem R2Plus1dStem
    Conv2Plus1D TemporalSeparableConv _DenseBlock
    """.split()  # noqa: SIM905 - a table of words
)

ROWS = """
AlexNet : features avgpool flatten classifier
VGG : features avgpool flatten classifier
BasicBlock : (conv1 bn1 relu conv2 bn2 + downsample?) relu
BasicBlock : (conv1 conv2 + downsample?) relu
Bottleneck : (conv1 bn1 relu conv2 bn2 relu conv3 bn3 + downsample?) relu
Bottleneck : (conv1 conv2 conv3 + downsample?) relu
BasicBlock : (conv1 bn1 relu: conv2 bn2 + shortcut) relu:
Bottleneck : (conv1 bn1 relu: conv2 bn2 relu: conv3 bn3 + shortcut) relu:
PreActBlock : bn1 relu: (conv1 bn2 relu: conv2 + shortcut?)
PreActBottleneck : bn1 relu: (conv1 bn2 relu: conv2 bn3 relu: conv3 + shortcut?)
ResNet : conv1 bn1 relu: layer1 layer2 layer3 layer4 avgpool:4 flatten linear !! an average pooling by 4 at its end
Bottleneck : (bn1 relu: conv1 bn2 relu: conv2 | id) !! what comes in joined to what comes out
Transition : bn relu: conv avgpool:2 !! an average pooling by 2 behind its convolution
wide_basic : (bn1 relu: conv1 dropout bn2 relu: conv2 + shortcut)
Inception : (b1 | b2 | b3 | b4)
SELayer : (id * avg_pool flatten fc length_to_pixels)
PreActResNet : conv1 layer1 layer2 layer3 layer4 avgpool:4 flatten linear !! an average pooling by 4 at its end
ResNet : conv1 bn1 relu maxpool layer1 layer2 layer3 layer4 avgpool flatten fc
VideoResNet : stem layer1 layer2 layer3 layer4 avgpool flatten fc
S3D : features avgpool classifier adaptiveavgpool3d:1 flatten
SepInceptionBlock3D : (branch0 | branch1 | branch2 | branch3)
SqueezeExcitation : (id * avgpool fc1 activation fc2 scale_activation)
InvertedResidual : (conv + id?)
InvertedResidual : (block + id?)
InvertedResidual [branch1 empty] : (part:1/2 | part:2/2 branch2) shuffle ;; branch1
InvertedResidual : (branch1 | branch2) shuffle
ShuffleNetV2 : conv1 maxpool stage2 stage3 stage4 conv5 gap flatten fc
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
InceptionAux : adaptiveavgpool2d:4 conv flatten fc1 relu: dropout fc2
InceptionAux : avgpool:5,s3 conv0 conv1 gap flatten fc
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
CNBlock : channels_last (block own:layer_scale stochastic_depth + id)
ConvNeXt : features avgpool classifier
ASPP : (convs.0 | convs.1 | convs.2 | convs.3 | convs.4) project
ASPPPooling : =in 0-3 like:in
FCN : =in backbone.conv1 backbone.bn1 backbone.relu backbone.maxpool backbone.layer1 backbone.layer2 backbone.layer3 \
backbone.layer4 classifier like:in
FCN : =in backbone.conv1 backbone.bn1 backbone.relu backbone.maxpool backbone.layer1 backbone.layer2 backbone.layer3 \
=low backbone.layer4 classifier like:in from:low aux_classifier like:in
DeepLabV3 : =in backbone.conv1 backbone.bn1 backbone.relu backbone.maxpool backbone.layer1 backbone.layer2 \
backbone.layer3 backbone.layer4 classifier like:in
DeepLabV3 : =in backbone.conv1 backbone.bn1 backbone.relu backbone.maxpool backbone.layer1 backbone.layer2 \
backbone.layer3 =low backbone.layer4 classifier like:in from:low aux_classifier like:in
DeepLabV3 : =in backbone.0-16 classifier like:in
DeepLabV3 : =in backbone.0-4 =low backbone.5-16 classifier like:in from:low aux_classifier like:in
LRASPP : =in backbone.0-4 =low backbone.5-16 (classifier.cbr * classifier.scale) like:low classifier.high_classifier \
=high from:low classifier.low_classifier add:high like:in
VisionTransformer : conv_proj tokens token:class_token encoder first heads
Encoder : position:pos_embedding dropout layers ln !! as many positions as come in
EncoderBlock : (ln_1 self_attention dropout + id) (ln_2 mlp + id)
SwinTransformer : channels_last features norm permute avgpool flatten head
SwinTransformerBlock : (norm1 attn stochastic_depth + id) (norm2 mlp stochastic_depth + id)
SwinTransformerBlockV2 : (attn norm1 stochastic_depth + id) (mlp norm2 stochastic_depth + id)
ShiftedWindowAttention : channels_last qkv attention:7x7 proj own:relative_position_bias_table=169/32 \
!! windows of 7x7 and heads of 32 channels
ShiftedWindowAttentionV2 : channels_last =in constant:2x15x15 cpb_mlp =bias from:in qkv with:bias attention:8x8 proj \
own:logit_scale=1/32 !! windows of 8x8 and heads of 32 channels
PatchMerging [norm as reduction] : channels_last patches:2 norm reduction
PatchMergingV2 : channels_last patches:2 reduction norm
SwinTransformer3d : channels_last patch_embed pos_drop features norm avgpool flatten head
PatchEmbed3d : channels_last proj norm
ShiftedWindowAttention3d : channels_last qkv attention:8x7x7 proj own:relative_position_bias_table=2535/32 \
!! windows of 8x7x7 and heads of 32 channels
MaxVit : stem blocks classifier
MaxVitBlock : layers
MaxVitLayer : layers
MBConv : (proj + layers stochastic_depth)
PartitionAttentionLayer : channels_last (attn_layer stochastic_dropout + id) (mlp_layer stochastic_dropout + id) \
;; partition_op departition_op partition_swap departition_swap
RelativePositionalMultiHeadAttention : channels_last to_qkv attention:7x7 merge \
own:relative_position_bias_table=169/32 !! partitions of 7x7 and heads of 32 channels
BasicStem : conv1 relu: maxpool:3,s2,p1 !! a ReLU and a max pooling behind its convolution
TransformerEncoderLayer : (self_attn dropout1 + id) norm1 (linear1 dropout linear2 dropout2 + id) norm2
TransformerEncoder : layers norm?
"""
