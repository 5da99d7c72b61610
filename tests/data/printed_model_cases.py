"""The models of torchvision and timm that `make_printed_models.py` prints and counts."""

from __future__ import annotations

from typing import Any

# Arguments beside the defaults, where people often print a model made with them: pretrained weights switch off the
# auxiliary heads of GoogLeNet and switch on those of segmentation.
TORCHVISION_VARIANTS: list[tuple[str, dict[str, Any]]] = [
    ("googlenet", {"aux_logits": False}),
    ("inception_v3", {"aux_logits": False}),
    ("fcn_resnet50", {"aux_loss": True}),
    ("fcn_resnet101", {"aux_loss": True}),
    ("deeplabv3_resnet50", {"aux_loss": True}),
    ("deeplabv3_resnet101", {"aux_loss": True}),
    ("deeplabv3_mobilenet_v3_large", {"aux_loss": True}),
]

# Sixty of timm's, one or two of each family, the popular ones first.
TIMM = [
    "resnet18", "resnet50", "resnet50d", "resnext50_32x4d", "seresnet50", "ecaresnet50t", "resnetaa50",
    "resnetv2_50", "resnetv2_50x1_bit", "efficientnet_b0", "efficientnet_b3", "tf_efficientnet_b0",
    "tf_efficientnetv2_s", "efficientnet_lite0", "mobilenetv2_100", "mobilenetv3_large_100",
    "mobilenetv3_small_100", "mobilenetv4_conv_small", "mnasnet_100", "ghostnet_100", "regnetx_032", "regnety_032",
    "convnext_tiny", "convnextv2_tiny", "vit_tiny_patch16_224", "vit_base_patch16_224", "deit_small_patch16_224",
    "deit_tiny_distilled_patch16_224", "deit3_small_patch16_224", "beit_base_patch16_224", "eva02_tiny_patch14_336",
    "swin_tiny_patch4_window7_224", "swinv2_tiny_window8_256", "pvt_v2_b0", "levit_128s", "poolformer_s12",
    "coatnet_0_rw_224", "maxvit_tiny_tf_224", "mobilevit_s", "mixer_b16_224", "resmlp_12_224", "convmixer_768_32",
    "densenet121", "vgg11", "vgg16_bn", "inception_v3", "inception_v4", "inception_resnet_v2", "legacy_xception",
    "xception41", "dla34", "hrnet_w18", "res2net50_26w_4s", "resnest50d", "cspresnet50", "cspdarknet53",
    "repvgg_a2", "legacy_seresnet50", "skresnet18", "dpn68",
]  # fmt: skip
