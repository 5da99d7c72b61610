"""Rows of known blocks: timm's and those of a few other libraries. `blocks` says how a row is read.

Source of the graphs: `forward` in timm 0.4, 0.6 and 1.0, segmentation_models_pytorch 0.6, ultralytics 8.
"""

from __future__ import annotations

# Classes that run their children in the order in which they are printed, whatever their names.
SEQUENTIAL = frozenset(
    """
    DenseBlock DenseTransition RegStage ResNetStage InceptionV4 InceptionResnetV2 Xception SeparableConv2d
    Conv2dReLU SegmentationHead UnetCenterBlock Activation
    """.split()  # noqa: SIM905 - a table of words
)

ROWS = """
ResNet : conv1 bn1 act1 maxpool layer1 layer2 layer3 layer4 global_pool fc
BasicBlock : (conv1 bn1 drop_block? act1 aa? conv2 bn2 se? drop_path? + downsample?) act2
Bottleneck : (conv1 bn1 act1 conv2 bn2 drop_block? act2 aa? conv3 bn3 se? drop_path? + downsample?) act3
Bottleneck : (conv1 conv2 se? conv3 drop_path? + downsample?) act3
SEModule : (id * gap fc1 bn act fc2 gate)
SEModule : (id * gap fc1 relu fc2 sigmoid)
SqueezeExcite : (id * gap conv_reduce act1 conv_expand gate)
EcaModule : (id * gap pixels_to_length conv length_to_pixels gate)
ResNetV2 : stem stages norm head
PreActBottleneck : norm1 (conv1 norm2 conv2 norm3 conv3 drop_path + downsample)
PreActBottleneck : (norm1 conv1 norm2 conv2 norm3 conv3 drop_path + id)
DownsampleConv : conv norm
ClassifierHead : global_pool drop? fc flatten?
EfficientNet : conv_stem bn1 act1? blocks conv_head bn2 act2? global_pool classifier
MobileNetV3 : conv_stem bn1 act1? blocks global_pool conv_head norm_head? act2 flatten classifier
DepthwiseSeparableConv : (conv_dw bn1 act1? aa? se? conv_pw bn2 act2? drop_path? + id?)
InvertedResidual : (conv_pw bn1 act1? conv_dw bn2 act2? aa? se? conv_pwl bn3 drop_path? + id?)
ConvBnAct : (conv bn1 act1? aa? drop_path? + id?)
ConvBnAct : conv bn aa?
EdgeResidual : (conv_exp bn1 act1? aa? se? conv_pwl bn2 drop_path? + id?)
UniversalInvertedResidual : (dw_start pw_exp dw_mid se? pw_proj dw_end layer_scale drop_path + id?)
ConvNormAct : conv bn aa?
ConvNormActAa : conv bn aa?
GhostNet : conv_stem bn1 act1 blocks global_pool conv_head act2 flatten classifier
GhostModule : primary_conv (id | cheap_operation)
GhostBottleneck : (ghost1 conv_dw? bn_dw? se? ghost2 + shortcut)
RegNet : stem s1 s2 s3 s4 final_conv? head
ConvNeXt : channels_last stem stages norm_pre head
ConvNeXtStage : downsample blocks
ConvNeXtBlock [mlp is Mlp] : (conv_dw norm mlp own:gamma drop_path + shortcut?)
ConvNeXtBlock [mlp is ConvMlp] : (conv_dw norm mlp own:gamma drop_path + shortcut?)
ConvNeXtBlock [mlp is GlobalResponseNormMlp] : (conv_dw norm mlp drop_path + shortcut?)
NormMlpClassifierHead : global_pool norm flatten pre_logits drop fc
Mlp : fc1 act drop1 norm? fc2 drop2
Mlp : fc1 act drop fc2 drop
GlobalResponseNormMlp : fc1 act drop1 grn fc2 drop2
ConvMlp : fc1 norm act drop fc2
ConvMlp : fc1 act1 drop fc2 act2
PatchEmbed [norm is LayerNorm] : channels_last proj norm
PatchEmbed : proj tokens norm
Attention [q_norm is Identity] : qkv attention proj ;; q_norm k_norm attn_drop norm proj_drop
Block : (norm1 attn ls1? drop_path1 + id) (norm2 mlp ls2? drop_path2 + id)
Block : (norm1 attn drop_path + id) (norm2 mlp drop_path + id)
VisionTransformer [fc_norm is Identity] : patch_embed token:cls_token position:pos_embed pos_drop patch_drop? \
norm_pre? blocks norm first fc_norm head_drop? head !! a class token and a number for each position
VisionTransformerDistilled : patch_embed token:cls_token token:dist_token position:pos_embed pos_drop patch_drop? \
norm_pre? blocks norm first (head + head_dist) ;; head_drop fc_norm \
!! a class token, a token of distillation and a number for each position
SwinTransformer : channels_last patch_embed layers norm head flatten
SwinTransformerStage : downsample blocks
SwinTransformerBlock : (norm1 attn drop_path1 + id) (norm2 mlp drop_path2 + id)
SwinTransformerBlock : (norm1 attn drop_path + id) (norm2 mlp drop_path + id)
WindowAttention : channels_last qkv attention:7x7 proj own:relative_position_bias_table=169/32 \
;; attn_drop proj_drop softmax !! windows of 7x7 and heads of 32 channels
SwinTransformerV2 : channels_last patch_embed layers norm head flatten
SwinTransformerV2Stage : downsample blocks
SwinTransformerV2Block : (attn norm1 drop_path1 + id) (mlp norm2 drop_path2 + id)
WindowAttention : channels_last =in constant:2x15x15 cpb_mlp =bias from:in qkv with:bias attention:8x8 proj \
own:logit_scale=1/32 own:q_bias own:v_bias ;; attn_drop proj_drop softmax \
!! windows of 8x8 and heads of 32 channels
PatchMerging [norm as reduction] : channels_last patches:2 norm reduction
PatchMerging : channels_last patches:2 reduction norm
MetaFormer : channels_last stem stages head
MetaFormerStage : downsample blocks
MetaFormerBlock : (norm1 token_mixer drop_path1 layer_scale1 + res_scale1) \
(norm2 mlp drop_path2 layer_scale2 + res_scale2)
Pooling : (pool + id)
Stem : conv norm
Downsampling : norm conv
MlpMixer : stem blocks norm mean_tokens head_drop? head
MixerBlock : (norm1 transposed mlp_tokens transposed drop_path + id) (norm2 mlp_channels drop_path + id)
ResBlock : (norm1 transposed linear_tokens transposed per_feature:ls1 drop_path + id) \
(norm2 mlp_channels per_feature:ls2 drop_path + id)
ConvMixer : stem blocks global_pool head_drop head
Residual : (fn + id)
DenseNet : features global_pool head_drop? classifier
DenseLayer : (id | norm1 conv1 norm2 conv2)
VGG : features pre_logits head
InceptionV3 : Conv2d_1a_3x3 Conv2d_2a_3x3 Conv2d_2b_3x3 Pool1 Conv2d_3b_1x1 Conv2d_4a_3x3 Pool2 Mixed_5b Mixed_5c \
Mixed_5d Mixed_6a Mixed_6b Mixed_6c Mixed_6d Mixed_6e Mixed_7a Mixed_7b Mixed_7c global_pool head_drop? fc
Mixed3a : (maxpool | conv)
Mixed4a : (branch0 | branch1)
Mixed5a : (conv | maxpool)
InceptionA : (branch0 | branch1 | branch2 | branch3)
InceptionB : (branch0 | branch1 | branch2 | branch3)
ReductionA : (branch0 | branch1 | branch2)
ReductionB : (branch0 | branch1 | branch2)
InceptionC : (branch0 | branch1_0 (branch1_1a | branch1_1b) \
| branch2_0 branch2_1 branch2_2 (branch2_3a | branch2_3b) | branch3)
Mixed_5b : (branch0 | branch1 | branch2 | branch3)
Mixed_6a : (branch0 | branch1 | branch2)
Mixed_7a : (branch0 | branch1 | branch2 | branch3)
Block35 : ((branch0 | branch1 | branch2) conv2d + id) act
Block17 : ((branch0 | branch1) conv2d + id) act
Block8 : ((branch0 | branch1) conv2d + id) relu?
Block : (rep + skip skipbn)
Block : (rep + id)
XceptionAligned : stem blocks act? head
XceptionModule : (stack + shortcut)
XceptionModule : (stack + id?)
CspNet : stem stages head
CrossStage : conv_down? conv_exp (part:1/2 | part:2/2 blocks conv_transition_b) conv_transition
BottleneckBlock : (conv1 conv2 attn2? conv3 attn3? drop_path? + id) act3
BottleneckBlock : (conv1_1x1 conv2_kxk conv2b_kxk attn conv3_1x1 attn_last drop_path + shortcut) act
BottleneckBlock : conv1_1x1 conv2_kxk conv2b_kxk attn conv3_1x1 attn_last drop_path act
DarkBlock : (conv1 attn? conv2 drop_path? + id)
EffectiveSEModule : (id * gap fc gate)
OsaBlock : conv_reduction? =x conv_mid.0 =a conv_mid.1 =b conv_mid.2 =c from:x cat:a,b,c conv_concat attn? drop_path?
OsaBlock : conv_reduction? =x conv_mid.0 =a conv_mid.1 =b conv_mid.2 =c conv_mid.3 =d conv_mid.4 =e \
from:x cat:a,b,c,d,e conv_concat attn? drop_path?
SeparableConvNormAct : conv_dw conv_pw bn
BasicBlock : (conv1_kxk attn conv2_kxk attn_last drop_path + shortcut) act
PreXceptionModule : (norm stack + shortcut)
PreXceptionModule : (stack + id?)
PreSeparableConv2d : norm conv_dw conv_pw
ByobNet : stem stages final_conv head
RepVggBlock : (conv_1x1 + conv_kxk drop_path + identity) attn act
RepVggBlock : (conv_1x1 + conv_kxk) attn act ;; drop_path
SENet : layer0 pool0 layer1 layer2 layer3 layer4 global_pool last_linear
SEResNetBlock : (conv1 bn1 relu conv2 bn2 relu se_module + downsample?) relu
SEBottleneck : (conv1 bn1 relu conv2 bn2 relu conv3 bn3 se_module + downsample?) relu
SEResNeXtBottleneck : (conv1 bn1 relu conv2 bn2 relu conv3 bn3 se_module + downsample?) relu
SEResNetBottleneck : (conv1 bn1 relu conv2 bn2 relu conv3 bn3 se_module + downsample?) relu
ResBottleneck : (conv1 conv2 conv3 + id) act3
BasicLayer : blocks downsample?
Bottle2neck : (conv1 bn1 relu (part:1/4 convs.0 bns.0 relu | part:2/4 convs.1 bns.1 relu \
| part:3/4 convs.2 bns.2 relu | part:4/4 pool?) drop_block conv3 bn3 + downsample?) relu
ResNestBottleneck : (conv1 bn1 act1 avd_first? conv2 bn2 drop_block act2 avd_last? conv3 bn3 + downsample?) act3
SplitAttn : conv bn0 drop act0 =x (part:1/2 + part:2/2) gap fc1 bn1 act1 fc2 rsoftmax =w \
(from:x part:1/2 =a from:w part:1/2 mul:a + from:x part:2/2 =b from:w part:2/2 mul:b)
SelectiveKernelBottleneck : (conv1 conv2 conv3 + downsample?) act
SelectiveKernelBasic : (conv1 conv2 + downsample?) act
SelectiveKernel [paths.0.conv as attn.fc_reduce] : =x (paths.0 =a + paths.1 =b) gap attn.fc_reduce attn.bn attn.act \
attn.fc_select =w (from:w part:1/2 mul:a + from:w part:2/2 mul:b)
SelectiveKernel : (part:1/2 paths.0 =a + part:2/2 paths.1 =b) gap attn.fc_reduce attn.bn attn.act attn.fc_select =w \
(from:w part:1/2 mul:a + from:w part:2/2 mul:b)
Conv : conv bn act
Bottleneck : (cv1 cv2 + id?)
C3 : (cv1 m | cv2) cv3
C2f : cv1 =x part:2/2 m.0 =a from:x cat:a cv2
C2f : cv1 =x part:2/2 m.0 =a m.1 =b from:x cat:a,b cv2
C2f : cv1 =x part:2/2 m.0 =a m.1 =b m.2 =c from:x cat:a,b,c cv2
SPPF : cv1 =a m =b m =c m =d from:a cat:b,c,d cv2
SPP : cv1 (id | m.0 | m.1 | m.2) cv2
UNet : inc =a down1 =b down2 =c down3 =d down4 up1.up like:d =u from:d cat:u up1.conv \
up2.up like:c =u from:c cat:u up2.conv up3.up like:b =u from:b cat:u up3.conv up4.up like:a =u from:a cat:u \
up4.conv outc \
!! a padding of each upsampled tensor to the size of its skip, where they differ
Unet : =in encoder.conv1 encoder.bn1 encoder.relu =a encoder.maxpool encoder.layer1 =b encoder.layer2 =c \
encoder.layer3 =d encoder.layer4 decoder.center like:d cat:d decoder.blocks.0 like:c cat:c decoder.blocks.1 \
like:b cat:b decoder.blocks.2 like:a cat:a decoder.blocks.3 like:in decoder.blocks.4.conv1 decoder.blocks.4.conv2 \
decoder.blocks.4.attention2 segmentation_head ;; decoder.blocks.4.attention1
UnetDecoderBlock : attention1 conv1 conv2 attention2
Attention : attention
SCSEModule : ((id * cSE) + (id * sSE))
DoubleConv : double_conv
OutConv : conv
Down : maxpool_conv
"""
