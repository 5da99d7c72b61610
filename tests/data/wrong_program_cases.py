"""Programs as people paste them that PyTorch and Keras refuse, and where and what is wrong with each."""

from __future__ import annotations

HEAD = """import torch
import torch.nn as nn
import torch.nn.functional as F


class Net(nn.Module):
    def __init__(self):
        super().__init__()
"""
KERAS_HEAD = """from tensorflow import keras
from tensorflow.keras import layers, models
from tensorflow.keras.layers import *
from tensorflow.keras.models import Sequential, Model
"""


def pytorch_program(made: str, run: str) -> str:
    """Return a program with one model: lines of its `__init__` and its `forward`, separated by semicolons."""
    lines = "".join(f"        {line.strip()}\n" for line in made.split(";"))
    forward = run.replace("; ", "\n        ")
    return f"{HEAD}{lines}    def forward(self, x):\n        {forward}\n\n\nmodel = Net()\n"


def keras_program(lines: str) -> str:
    """Return a program with its imports; statements are separated by semicolons, or lines as they are."""
    return KERAS_HEAD + lines.replace("; ", "\n")


PYTORCH = {
    # What `__init__` makes, what `forward` does, the size of an input; line:column and message.
    "linear_features": (
        "self.c = nn.Conv2d(3, 8, 3); self.fc = nn.Linear(1050, 10)",
        "x = F.relu(self.c(x)); x = torch.flatten(x, 1); return self.fc(x)",
        "3x16x16",
        "10:19",
        "the layer takes 1050 features, the input has 1568",
    ),
    "linear_no_flatten": (
        "self.c = nn.Conv2d(3, 8, 3); self.fc = nn.Linear(8 * 14 * 14, 10)",
        "x = self.c(x); return self.fc(x)",
        "3x16x16",
        "10:19",
        "the layer takes 1568 features, the input 8x14x14 has 14 on its last axis",
    ),
    "linear_view_batch": (
        "self.c = nn.Conv2d(3, 8, 3); self.fc = nn.Linear(1568, 10)",
        "x = self.c(x); x = x.view(-1, 1050); return self.fc(x)",
        "3x16x16",
        "13:13",
        "the 1568 numbers of 8x14x14 do not fill a view of (-1, 1050)",
    ),
    "view_wrong_then_linear": (
        "self.c = nn.Conv2d(3, 8, 3); self.fc = nn.Linear(16 * 5 * 5, 10)",
        "x = self.c(x); x = x.view(-1, 16 * 5 * 5); return self.fc(x)",
        "3x16x16",
        "13:13",
        "the 1568 numbers of 8x14x14 do not fill a view of (-1, 400)",
    ),
    "conv_channels": (
        "self.a = nn.Conv2d(3, 16, 3); self.b = nn.Conv2d(32, 64, 3)",
        "return self.b(F.relu(self.a(x)))",
        "3x32x30",
        "10:18",
        "the layer takes 32 channels, the input 16x30x28 has 16",
    ),
    "bn_channels": (
        "self.a = nn.Conv2d(3, 16, 3); self.bn = nn.BatchNorm2d(32)",
        "return self.bn(self.a(x))",
        "3x32x30",
        "10:19",
        "the layer takes 32 channels, the input 16x30x28 has 16",
    ),
    "bn1d_on_map": (
        "self.a = nn.Conv2d(3, 16, 3); self.bn = nn.BatchNorm1d(16)",
        "return self.bn(self.a(x))",
        "3x32x30",
        "10:19",
        "the layer works on 1 spatial axis, the input 16x30x28 has 2",
    ),
    "bn2d_on_vector": (
        "self.a = nn.Linear(12, 16); self.bn = nn.BatchNorm2d(16)",
        "return self.bn(self.a(x))",
        "12",
        "10:19",
        "the layer works on 2 spatial axes, the input 16 has 0",
    ),
    "gn_channels": (
        "self.a = nn.Conv2d(3, 16, 3); self.gn = nn.GroupNorm(4, 32)",
        "return self.gn(self.a(x))",
        "3x32x30",
        "10:19",
        "the layer takes 32 channels, the input 16x30x28 has 16",
    ),
    "gn_groups": (
        "self.gn = nn.GroupNorm(5, 16); self.a = nn.Conv2d(3, 16, 3)",
        "return self.gn(self.a(x))",
        "3x32x30",
        "9:19",
        "num_groups 5 does not divide num_channels 16",
    ),
    "in_channels": (
        "self.a = nn.Conv2d(3, 16, 3); self.n = nn.InstanceNorm2d(8, affine=True)",
        "return self.n(self.a(x))",
        "3x32x30",
        "10:18",
        "the layer takes 8 channels, the input 16x30x28 has 16",
    ),
    "layernorm": (
        "self.a = nn.Conv2d(3, 16, 3); self.n = nn.LayerNorm(16)",
        "return self.n(self.a(x))",
        "3x32x30",
        "10:18",
        "the layer normalizes over 16, the last axes of the input 16x30x28 are 28",
    ),
    "convT_channels": (
        "self.a = nn.Conv2d(3, 16, 3, 2); self.u = nn.ConvTranspose2d(32, 8, 2, 2)",
        "return self.u(self.a(x))",
        "3x32x30",
        "10:18",
        "the layer takes 32 channels, the input 16x15x14 has 16",
    ),
    "lstm_features": (
        "self.l = nn.LSTM(20, 8, batch_first=True)",
        "y, _ = self.l(x); return y",
        "7x28",
        "9:18",
        "the layer takes 20 features, the input 7x28 has 28 on its last axis",
    ),
    "lstm_on_map": (
        "self.c = nn.Conv2d(3, 16, 3); self.l = nn.LSTM(28, 8, batch_first=True)",
        "y, _ = self.l(self.c(x)); return y",
        "3x32x30",
        "12:16",
        "LSTM takes steps of features, of a tensor of 3 axes, this one has 4",
    ),
    "lstm_head_bidirectional": (
        "self.l = nn.LSTM(28, 8, batch_first=True, bidirectional=True); self.f = nn.Linear(8, 3)",
        "y, h = self.l(x); return self.f(y[:, -1, :])",
        "7x28",
        "10:18",
        "the layer takes 8 features, the input has 16",
    ),
    "mha_features": (
        "self.a = nn.MultiheadAttention(64, 4, batch_first=True)",
        "y, _ = self.a(x, x, x); return y",
        "7x28",
        "9:18",
        "the layer takes 64 features, the input 7x28 has 28 on its last axis",
    ),
    "mha_heads": (
        "self.a = nn.MultiheadAttention(28, 5, batch_first=True)",
        "y, _ = self.a(x, x, x); return y",
        "7x28",
        "9:18",
        "num_heads 5 does not divide embed_dim 28",
    ),
    "groups": (
        "self.c = nn.Conv2d(3, 16, 3, groups=2)",
        "return self.c(x)",
        "3x32x30",
        "9:18",
        "groups 2 does not divide in_channels 3",
    ),
    "kernel_too_large": (
        "self.a = nn.Conv2d(3, 6, 5); self.p = nn.MaxPool2d(4); self.b = nn.Conv2d(6, 16, 5)",
        "return self.b(self.p(self.a(x)))",
        "3x18x20",
        "11:18",
        "height: the input 3 is smaller than the kernel 5",
    ),
    "pool_too_small": (
        "self.p = nn.MaxPool2d(2)",
        "for _ in range(6):;     x = self.p(x); return x",
        "3x32x30",
        "9:18",
        "width: the input 1 is smaller than the kernel 2",
    ),
    "pool_padding": (
        "self.p = nn.MaxPool2d(2, padding=2)",
        "return self.p(x)",
        "3x32x30",
        "9:18",
        "padding 2 is more than half of the kernel 2, which PyTorch refuses",
    ),
    "cat_sizes": (
        "self.a = nn.Conv2d(3, 8, 3, stride=2); self.b = nn.Conv2d(3, 8, 3)",
        "return torch.cat([self.a(x), self.b(x)], dim=1)",
        "3x32x30",
        "12:16",
        "concatenated tensors may differ in their channels alone: the first is 8x15x14, the other is 8x30x28",
    ),
    "cat_no_dim": (
        "self.a = nn.Conv2d(3, 8, 3); self.b = nn.Conv2d(3, 6, 3)",
        "return torch.cat([self.a(x), self.b(x)])",
        "3x32x30",
        "12:16",
        "1x8x30x28 and 1x6x30x28 cannot be concatenated",
    ),
    "add_channels": (
        "self.a = nn.Conv2d(3, 8, 3, padding=1)",
        "return x + self.a(x)",
        "3x32x30",
        "11:16",
        "3x32x30 and 8x32x30 cannot be stretched to each other",
    ),
    "add_spatial": (
        "self.a = nn.Conv2d(3, 3, 3)",
        "return x + self.a(x)",
        "3x32x30",
        "11:16",
        "3x32x30 and 3x30x28 cannot be stretched to each other",
    ),
    "unet_odd": (
        "self.d = nn.Conv2d(3, 8, 3, padding=1); self.p = nn.MaxPool2d(2); self.u = nn.Upsample(scale_factor=2)",
        "a = self.d(x); b = self.u(self.p(a)); return torch.cat([a, b], 1)",
        "3x33x30",
        "15:16",
        "concatenated tensors may differ in their channels alone: the first is 8x33x30, the other is 8x32x30",
    ),
    "mul_shapes": (
        "self.a = nn.Conv2d(3, 3, 1); self.s = nn.AdaptiveAvgPool2d(1); self.f = nn.Linear(3, 3)",
        "y = self.f(self.s(x).flatten(1)); return x * y",
        "3x32x30",
        "14:16",
        "1x3x32x30 and 1x3 cannot be stretched to each other",
    ),
    "forgot_self": ("conv = nn.Conv2d(3, 8, 3)", "return self.conv(x)", "3x32x30", "11:16", "Net has no conv"),
    "undefined_module": (
        "self.conv1 = nn.Conv2d(3, 8, 3)",
        "return self.conv2(x)",
        "3x32x30",
        "11:16",
        "Net has no conv2",
    ),
    "undefined_name": (
        "self.conv1 = nn.Conv2d(3, 8, 3)",
        "y = self.conv1(x); return z",
        "3x32x30",
        "12:9",
        "z is not defined",
    ),
    "typo_layer": (
        "self.conv1 = nn.Conv2D(3, 8, 3)",
        "return self.conv1(x)",
        "3x32x30",
        "9:22",
        "nn.Conv2D is not known",
    ),
    "missing_argument": (
        "self.conv1 = nn.Conv2d(3, 8)",
        "return self.conv1(x)",
        "3x32x30",
        "9:22",
        "Conv2d needs kernel_size",
    ),
    "unknown_keyword": (
        "self.conv1 = nn.Conv2d(3, 8, 3, strides=2)",
        "return self.conv1(x)",
        "3x32x30",
        "9:22",
        "Conv2d has no parameter 'strides'",
    ),
    "no_arg_call": (
        "self.conv1 = nn.Conv2d(3, 8, 3)",
        "return self.conv1()",
        "3x32x30",
        "11:16",
        "Conv2d runs on one tensor, not on 0",
    ),
    "two_arg_call": (
        "self.conv1 = nn.Conv2d(3, 8, 3)",
        "return self.conv1(x, x)",
        "3x32x30",
        "11:16",
        "Conv2d runs on one tensor, not on 2",
    ),
    "same_stride": (
        "self.conv1 = nn.Conv2d(3, 8, 3, 2, padding='same')",
        "return self.conv1(x)",
        "3x32x30",
        "9:22",
        "padding='same' needs stride 1 in PyTorch",
    ),
    "modulelist_call": (
        "self.l = nn.ModuleList([nn.Conv2d(3, 8, 3)])",
        "return self.l(x)",
        "3x32x30",
        "11:16",
        "a ModuleList does not run its modules; forward has to say how they run",
    ),
    "conv1d_on_map": (
        "self.c = nn.Conv1d(3, 8, 3)",
        "return self.c(x)",
        "3x32x30",
        "9:18",
        "the layer takes 3 channels, the input 3x32x30 has 32",
    ),
    "convT_output_padding": (
        "self.u = nn.ConvTranspose2d(3, 8, 3, 2, 1, output_padding=2)",
        "return self.u(x)",
        "3x32x30",
        "9:18",
        "output_padding 2 must be smaller than the stride 2 or the dilation 1",
    ),
    "permute_axes": (
        "self.c = nn.Conv2d(3, 8, 3)",
        "return self.c(x).permute(0, 2, 3)",
        "3x32x30",
        "11:16",
        "the axes (0, 2, 3) are not an order of the 4 axes of 8x30x28",
    ),
    "squeeze_dim": (
        "self.c = nn.Conv2d(3, 8, 3)",
        "return self.c(x).squeeze(7)",
        "3x32x30",
        "11:16",
        "there is no axis 7 in the 4 axes of 8x30x28",
    ),
    "view_two_minus": (
        "self.c = nn.Conv2d(3, 8, 3)",
        "x = self.c(x); return x.view(-1, -1)",
        "3x32x30",
        "12:16",
        "a view of (-1, -1) leaves more than one size open",
    ),
    "pixelshuffle": (
        "self.c = nn.Conv2d(3, 8, 3); self.p = nn.PixelShuffle(3)",
        "return self.p(self.c(x))",
        "3x32x30",
        "10:18",
        "8 channels are not a multiple of 3² = 9, the pixels of a block",
    ),
    "matmul": (
        "self.a = nn.Linear(12, 5)",
        "y = self.a(x); return y @ x",
        "4x12",
        "12:16",
        "4x5 and 4x12 cannot be multiplied as matrices",
    ),
    "embedding_then_conv": (
        "self.e = nn.Embedding(50, 12); self.c = nn.Conv1d(12, 8, 3)",
        "return self.c(self.e(x))",
        "9",
        "10:18",
        "the layer takes 12 channels, the input 9x12 has 9",
    ),
    "unpack_sizes": (
        "self.c = nn.Conv2d(3, 8, 3)",
        "b, c, h = x.shape; return self.c(x)",
        "3x32x30",
        "11:9",
        "a tensor of 4 axes for 3 names",
    ),
    "chunk_sizes": (
        "self.c = nn.Conv2d(3, 8, 3)",
        "a, b, c = self.c(x).chunk(2, dim=1); return a + b",
        "3x32x30",
        "11:9",
        "2 values for 3 names",
    ),
    "split_sizes": (
        "self.c = nn.Conv2d(3, 8, 3)",
        "a, b = torch.split(self.c(x), [4, 5], dim=1); return a",
        "3x32x30",
        "11:16",
        "the parts of this split make 9, axis 1 has 8",
    ),
    "linear_zero": (
        "self.f = nn.Linear(0, 4)",
        "return self.f(x)",
        "8",
        "9:18",
        "in_features must be at least 1, got 0",
    ),
    "dropout_prob": (
        "self.f = nn.Dropout(2)",
        "return self.f(x)",
        "8",
        "9:18",
        "Dropout drops a share between 0 and 1, got 2",
    ),
    "prelu": (
        "self.c = nn.Conv2d(3, 8, 3); self.p = nn.PReLU(16)",
        "return self.p(self.c(x))",
        "3x32x30",
        "10:18",
        "the layer has 16 slopes, the input 8x30x28 has 8 channels",
    ),
    "reflect": (
        "self.p = nn.ReflectionPad2d(5); self.c = nn.Conv2d(3, 8, 3)",
        "return self.c(self.p(x))",
        "3x4x30",
        "9:18",
        "height: reflect padding 5 must be smaller than the size 4",
    ),
    "wrong_input_channels": (
        "self.c = nn.Conv2d(1, 8, 3)",
        "return self.c(x)",
        "3x32x30",
        "9:18",
        "the layer takes 1 channels, the input 3x32x30 has 3",
    ),
    "super_missing_arg_forward": (
        "self.c = nn.Conv2d(3, 8, 3)",
        "x = self.c(x); return self.helper(x)",
        "3x32x30",
        "12:16",
        "Net has no helper",
    ),
    "index_out": (
        "self.l = nn.ModuleList([nn.Conv2d(3, 8, 3)])",
        "return self.l[1](x)",
        "3x32x30",
        "11:16",
        "a ModuleList of 1 has no item 1",
    ),
    "dict_key": (
        "self.l = nn.ModuleDict({'a': nn.Conv2d(3, 8, 3)})",
        "return self.l['b'](x)",
        "3x32x30",
        "11:16",
        "a ModuleDict of 1 has no item 'b'",
    ),
    "flatten_all": (
        "self.c = nn.Conv2d(3, 8, 3); self.f = nn.Linear(8 * 30 * 28, 4)",
        "x = torch.flatten(self.c(x), 2); return self.f(x)",
        "3x32x30",
        "10:18",
        "the layer takes 6720 features, the input 8x840 has 840 on its last axis",
    ),
    "fold": (
        "self.f = nn.Fold((8, 8), 2, stride=2)",
        "return self.f(x)",
        "12x15",
        "9:18",
        "an output of 8x8 has 4·4 = 16 windows, the input 12x15 has 15 columns",
    ),
    "softmax_dim": (
        "self.f = nn.Softmax(dim=4)",
        "return self.f(x)",
        "3x32x30",
        "9:18",
        "there is no axis 4 in the 4 axes of 3x32x30 with their batch",
    ),
    "interpolate_none": (
        "self.c = nn.Conv2d(3, 8, 3)",
        "return F.interpolate(self.c(x))",
        "3x32x30",
        "11:16",
        "Upsample takes a size or a scale_factor, one of the two",
    ),
    "roll_dim": (
        "self.f = nn.Linear(8, 8)",
        "return self.f(x).roll(1, 3)",
        "4x8",
        "11:16",
        "there is no axis 3 in the 3 axes",
    ),
    "bmm_axes": (
        "self.c = nn.Conv2d(3, 4, 1)",
        "x = self.c(x); return torch.bmm(x, x.transpose(-2, -1))",
        "3x5x8",
        "12:16",
        "bmm multiplies tensors of 3 axes, this one has 4",
    ),
    "bilinear_axes": (
        "self.c = nn.Conv1d(4, 5, 1)",
        "return F.interpolate(self.c(x), scale_factor=2, mode='bilinear')",
        "4x8",
        "11:16",
        "the mode bilinear resizes a tensor of 4 axes",
    ),
    "reflect_axes": (
        "self.c = nn.Conv2d(3, 4, 1)",
        "return F.pad(self.c(x), (1, 1), mode='reflect')",
        "3x5x8",
        "11:16",
        "padding in the mode reflect takes a pair",
    ),
    "gru_features_as_given": (
        "self.f = nn.Linear(8, 4); self.g = nn.GRU(5, 4, batch_first=True)",
        "b, t, d = x.shape; y, _ = self.g(self.f(x)); return y",
        "2x6x8",
        "10:18",
        "the layer takes 5 features, the input 2x6x4 has 4",
    ),
    "gru_features_of_batch": (
        "self.f = nn.Linear(8, 4); self.g = nn.GRU(5, 4, batch_first=True)",
        "b, t, d = x.shape; y, _ = self.g(self.f(x)); return y",
        "6x8",
        "10:18",
        "the layer takes 5 features, the input 6x4 has 4",
    ),
}

KERAS = {
    # The lines behind the imports; line:column and message.
    "kernel_large": (
        "model = Sequential(); model.add(Input((6, 6, 3))); model.add(Conv2D(8, 3)); "
        "model.add(MaxPooling2D()); model.add(Conv2D(16, 3))",
        "9:11",
        "height: the input 2 is smaller than the kernel 3",
    ),
    "pool_large": (
        "model = Sequential(); model.add(Input((5, 5, 3))); model.add(Conv2D(8, 5)); model.add(MaxPooling2D(2))",
        "8:11",
        "height: the input 1 is smaller than the kernel 2",
    ),
    "typo": (
        "model = Sequential(); model.add(Input((32, 32, 3))); model.add(Conv2d(8, 3))",
        "7:11",
        "there is no layer 'Conv2d' in Keras's notation here",
    ),
    "unknown_keyword": (
        "model = Sequential(); model.add(Input((32, 32, 3))); model.add(Conv2D(8, 3, stride=2))",
        "7:11",
        "Conv2D has no parameter 'stride'",
    ),
    "missing_kernel": (
        "model = Sequential(); model.add(Input((32, 32, 3))); model.add(Conv2D(8))",
        "7:11",
        "Conv2D needs kernel_size",
    ),
    "padding_number": (
        "model = Sequential(); model.add(Input((32, 32, 3))); model.add(Conv2D(8, 3, padding=1))",
        "7:11",
        "padding must be a word, got 1",
    ),
    "conv_after_flatten": (
        "model = Sequential(); model.add(Input((32, 32, 3))); model.add(Flatten()); model.add(Conv2D(8, 3))",
        "8:11",
        "the layer works on 2 spatial axes, the input 3072 has 0",
    ),
    "conv1d_on_image": (
        "model = Sequential(); model.add(Input((32, 32, 3))); model.add(Conv1D(8, 3)); model.add(LSTM(4))",
        "7:11",
        "the layer works on 1 spatial axis, the input 3x32x32 has 2",
    ),
    "lstm_on_image": (
        "model = Sequential(); model.add(Input((32, 32, 3))); model.add(Conv2D(8, 3)); model.add(LSTM(4))",
        "8:11",
        "the layer works on 1 spatial axis, the input 8x30x30 has 2",
    ),
    "lstm_twice": (
        "model = Sequential(); model.add(Input((20, 8))); model.add(LSTM(16)); model.add(LSTM(4))",
        "8:11",
        "the layer works on 1 spatial axis, the input 16 has 0",
    ),
    "reshape": (
        "model = Sequential(); model.add(Input((28, 28, 1))); model.add(Flatten()); model.add(Reshape((28, 27)))",
        "8:11",
        "784 numbers (of 784) do not fit the shape (28, 27)",
    ),
    "add_channels": (
        "i = Input((32, 32, 3)); x = Conv2D(8, 3, padding='same')(i); x = Add()([x, i]); model = Model(i, x)",
        "7:5",
        "added tensors must have equal sizes: the first is 8x32x32, the other is 3x32x32",
    ),
    "concat_spatial": (
        "i = Input((33, 32, 3)); a = Conv2D(8, 3, padding='same')(i); b = "
        "UpSampling2D()(MaxPooling2D()(a)); x = Concatenate()([a, b]); model = Model(i, x)",
        "8:5",
        "concatenated tensors may differ in their channels alone: the first is 8x33x32, the other is 8x32x32",
    ),
    "concat_one": (
        "i = Input((32, 32, 3)); x = Concatenate()(Conv2D(8, 3)(i)); model = Model(i, x)",
        "6:5",
        "concatenate takes a list of tensors",
    ),
    "undefined": (
        "i = Input((32, 32, 3)); x = Conv2D(8, 3)(i); x = Conv2D(8, 3)(y); model = Model(i, x)",
        "7:5",
        "y is not defined",
    ),
    "outputs_missing": (
        "i = Input((32, 32, 3)); x = Conv2D(8, 3)(i); model = Model(i)",
        "7:9",
        "the outputs of this model are not known",
    ),
    "groups": (
        "model = Sequential(); model.add(Input((32, 32, 3))); model.add(Conv2D(8, 3, groups=2))",
        "7:11",
        "groups 2 does not divide in_channels 3",
    ),
    "stride_dilation": (
        "model = Sequential(); model.add(Input((32, 32, 3))); model.add(Conv2D(8, 3, strides=2, dilation_rate=2))",
        "7:11",
        "Keras refuses strides above 1 together with a dilation_rate above 1",
    ),
    "units_zero": (
        "model = Sequential(); model.add(Input((32,))); model.add(Dense(0))",
        "7:11",
        "units must be at least 1, got 0",
    ),
    "units_str": (
        "model = Sequential(); model.add(Input((32,))); model.add(Dense('relu', 10))",
        "7:11",
        "units must be a whole number, got 'relu'",
    ),
    "activation_unknown": (
        "model = Sequential(); model.add(Input((32,))); model.add(Dense(10, activation='relux'))",
        "7:11",
        "there is no activation 'relux'",
    ),
    "cropping": (
        "model = Sequential(); model.add(Input((8, 8, 3))); model.add(Cropping2D(5))",
        "7:11",
        "height: nothing is left of 8 cells when 10 are cut off",
    ),
    "add_nonlayer": (
        "model = Sequential(); model.add(Input((8,))); model.add('relu')",
        "7:1",
        "what is added here is not a layer",
    ),
    "multiply_shapes": (
        "i = Input((32, 32, 4)); s = GlobalAveragePooling2D()(i); s = Dense(3)(s); x = "
        "Multiply()([i, s]); model = Model(i, x)",
        "8:5",
        "multiplied tensors must have equal sizes, or 1: the first is 4x32x32, the other is 3",
    ),
    "permute": (
        "model = Sequential(); model.add(Input((8, 4))); model.add(Permute((0, 1)))",
        "7:11",
        "dims must be at least 1, got 0",
    ),
    "subclass_typo": (
        "class Net(Model):\n    def __init__(self):\n        super().__init__()\n        self.c = "
        "Conv2D(8, 3)\n    def call(self, x):\n        return self.d(x)\nmodel = Net()",
        "10:16",
        "Net has no d",
    ),
    "input_shape_wrong": (
        "model = Sequential([Conv2D(8, 3, input_shape=(32, 32)), Flatten()])",
        "5:21",
        "the layer works on 2 spatial axes, the input 32x32 has 1",
    ),
    "locally": (
        "model = Sequential(); model.add(Input((32, 32, 3))); model.add(ZeroPadding2D((1, 2, 3)))",
        "7:11",
        "padding of ZeroPadding2D takes 2 pairs, got (1, 2, 3)",
    ),
}
