"""Programs that `make_keras_programs.py` runs, and lines of layers that Keras refuses, with the sizes of an input."""

PROGRAMS = {
    "gru seq2seq fixed": """
from keras.layers import Input, GRU, Dense, Embedding, Concatenate
from keras.models import Model
e_in = Input((12,))
e = Embedding(500, 24)(e_in)
out, state = GRU(32, return_state=True)(e)
d_in = Input((9,))
d = Embedding(400, 24)(d_in)
seq = GRU(32, return_sequences=True)(d, initial_state=state)
y = Dense(400, activation='softmax')(seq)
model = Model(inputs=[e_in, d_in], outputs=y)
""",
    "dot and merges": """
from keras import layers, Input, Model
u = Input((1,))
v = Input((1,))
ue = layers.Flatten()(layers.Embedding(943, 8)(u))
ve = layers.Flatten()(layers.Embedding(1682, 8)(v))
d = layers.Dot(axes=1)([ue, ve])
n = layers.dot([ue, ve], axes=1, normalize=True)
s = layers.Subtract()([ue, ve])
m = layers.Maximum()([ue, ve])
i = layers.Minimum()([ue, ve])
a = layers.Average()([ue, ve])
p = layers.Multiply()([ue, ve])
c = layers.Concatenate()([d, n, s, m, i, a, p])
model = Model([u, v], layers.Dense(1)(c))
""",
    "dot attention axes": """
from keras import layers, Input, Model
q = Input((7, 12))
k = Input((9, 12))
scores = layers.Dot(axes=(2, 2))([q, k])
w = layers.Softmax()(scores)
ctx = layers.Dot(axes=(2, 1))([w, k])
model = Model([q, k], layers.Dense(5)(ctx))
""",
    "dict outputs": """
from keras import layers, Input, Model
inp = Input((24, 20, 3), name="image")
x = layers.Conv2D(8, 3, strides=2)(inp)
x = layers.GlobalAveragePooling2D()(x)
model = Model(inputs=inp, outputs={"age": layers.Dense(1, name="age")(x), "gender": layers.Dense(2, name="gender")(x)})
""",  # noqa: E501  # as programs are written
    "layer zoo 1d": """
from keras import layers, Sequential, Input
model = Sequential([
    Input((60, 7)),
    layers.GaussianNoise(0.1),
    layers.SeparableConv1D(12, 5, depth_multiplier=2, padding='same'),
    layers.DepthwiseConv1D(3, strides=2),
    layers.SpatialDropout1D(0.2),
    layers.GroupNormalization(4),
    layers.PReLU(shared_axes=[1]),
    layers.Cropping1D((1, 2)),
    layers.ZeroPadding1D(2),
    layers.UpSampling1D(3),
    layers.UnitNormalization(),
    layers.Permute((2, 1)),
    layers.LayerNormalization(),
    layers.Conv1DTranspose(5, 3, strides=2),
    layers.GlobalMaxPooling1D(),
    layers.RepeatVector(6),
    layers.SimpleRNN(4, return_sequences=True),
    layers.Reshape((4, 6, 1)),
    layers.Flatten(),
])
""",
    "layer zoo 2d": """
from keras import layers, Sequential, Input
model = Sequential([
    Input((40, 33, 4)),
    layers.SeparableConv2D(16, (3, 5), strides=2, depth_multiplier=3, use_bias=False),
    layers.DepthwiseConv2D(3, padding='same', depth_multiplier=2),
    layers.SpatialDropout2D(0.3),
    layers.GroupNormalization(groups=8),
    layers.PReLU(shared_axes=[1, 2]),
    layers.LayerNormalization(axis=[1, 2, 3]),
    layers.Cropping2D(((1, 0), (2, 1))),
    layers.ZeroPadding2D((2, 1)),
    layers.UpSampling2D((2, 3), interpolation='bilinear'),
    layers.Conv2DTranspose(6, 4, strides=(2, 1), padding='same'),
    layers.GaussianDropout(0.4),
    layers.ELU(),
    layers.Permute((3, 1, 2)),
    layers.AveragePooling2D((1, 2)),
    layers.GlobalMaxPooling2D(),
])
""",
    "convlstm": """
from keras import layers, Sequential, Input
model = Sequential([
    Input((None, 40, 40, 1)),
    layers.ConvLSTM2D(filters=40, kernel_size=(3, 3), padding="same", return_sequences=True),
    layers.BatchNormalization(),
    layers.ConvLSTM2D(filters=40, kernel_size=(3, 3), padding="same", return_sequences=True),
    layers.BatchNormalization(),
    layers.Conv3D(filters=1, kernel_size=(3, 3, 3), activation="sigmoid", padding="same"),
])
""",
    "attention layers": """
from keras import layers, Input, Model
q_in = Input((10,))
v_in = Input((13,))
emb = layers.Embedding(1000, 64)
q, v = emb(q_in), emb(v_in)
cnn = layers.Conv1D(100, 4, padding='same')
qs, vs = cnn(q), cnn(v)
att = layers.Attention()([qs, vs])
add = layers.AdditiveAttention()([qs, vs])
x = layers.Concatenate()([layers.GlobalAveragePooling1D()(qs), layers.GlobalAveragePooling1D()(att), layers.GlobalAveragePooling1D()(add)])
model = Model([q_in, v_in], layers.Dense(2)(x))
""",  # noqa: E501  # as programs are written
    "addition rnn": """
import keras
from keras import layers
digits = 3
MAXLEN = digits + 1 + digits
chars = "0123456789+ "
num_layers = 1
model = keras.Sequential()
model.add(layers.Input((MAXLEN, len(chars))))
model.add(layers.LSTM(128))
model.add(layers.RepeatVector(digits + 1))
for _ in range(num_layers):
    model.add(layers.LSTM(128, return_sequences=True))
model.add(layers.TimeDistributed(layers.Dense(len(chars), activation="softmax")))
""",
    "concatenate axis 1 sequences": """
from keras import layers, Input, Model
a = Input((12, 6))
b = Input((5, 6))
x = layers.Concatenate(axis=1)([a, b])
x = layers.Conv1D(4, 3)(x)
y = layers.concatenate([layers.Flatten()(x), layers.GlobalMaxPooling1D()(a)])
model = Model([a, b], layers.Dense(3)(y))
""",
    "model at each step, input in front": """
from keras import layers, Sequential, Input, Model
cnn = Sequential()
cnn.add(layers.Conv2D(8,3,strides=2, activation='relu', input_shape=(32,24,3)))
cnn.add(layers.MaxPooling2D(2))
cnn.add(layers.Flatten())
model = Sequential()
model.add(layers.TimeDistributed(cnn, input_shape=(6,32,24,3)))
model.add(layers.LSTM(12))
model.add(layers.Dense(4))
""",
    "graph at each step": """
from keras import layers, Sequential, Input, Model
a = Input((32,24,3))
x = layers.Conv2D(8,3,strides=2)(a)
y = layers.Conv2D(8,3,strides=2, activation='relu')(a)
x = layers.Add()([x, y])
x = layers.concatenate([x, y])
x = layers.BatchNormalization()(x)
cnn = Model(a, layers.GlobalAveragePooling2D()(x))
inp = Input((6,32,24,3))
x = layers.TimeDistributed(cnn)(inp)
z = layers.TimeDistributed(layers.Dropout(0.5))(x)
x = layers.Bidirectional(layers.LSTM(12))(z)
model = Model(inp, layers.Dense(4)(x))
""",
    "sequence at each step": """
from keras import layers, Sequential, Input, Model
a = Input((10, 5))
w = layers.LSTM(7)(a)
sent = Model(a, layers.Reshape((7, 1))(w))
inp = Input((6, 10, 5))
x = layers.TimeDistributed(sent)(inp)
model = Model(inp, x)
""",
    "asks for the layout": """
from keras import layers, Sequential, Input, Model
from keras import backend as K
img_rows, img_cols = 28, 20
if K.image_data_format() == 'channels_first':
    input_shape = (1, img_rows, img_cols)
else:
    input_shape = (img_rows, img_cols, 1)
model = Sequential()
model.add(layers.Conv2D(32, kernel_size=(3, 3), activation='relu', input_shape=input_shape))
model.add(layers.Flatten())
model.add(layers.Dense(4))
""",
    "functions of keras.ops": """
import keras
from keras import layers, ops
i = keras.Input((7, 12))
x = layers.Dense(5)(i)
x = ops.relu(x)
x = ops.silu(x) + 1.0
y = ops.mean(x, axis=1)
z = ops.add(y, layers.GlobalMaxPooling1D()(x))
z = z * 2 + y
z = ops.concatenate([z, y], axis=-1)
z = ops.reshape(ops.expand_dims(z, 1), (-1, 5, 2))
z = ops.transpose(z, (0, 2, 1))
model = keras.Model(i, layers.Dense(3)(z))
""",
    "functions over axes": """
from keras import layers, ops, Input, Model
i=Input((16,12,3))
y=layers.Conv2D(4,3)(i)
x=ops.concatenate([ops.relu(y), ops.sigmoid(y)*2.0, ops.exp(y)],axis=-1)
w=ops.mean(x,axis=(1,2),keepdims=True)
x=ops.squeeze(w,axis=(1,2)) / 3
z=layers.Dense(5)(ops.max(y,axis=[1,2]))
q=ops.matmul(ops.expand_dims(z, 2), ops.expand_dims(x, 1))
model=Model(i,[q, ops.softmax(z / ops.sqrt(z))])
""",
    "output of a model": """
from keras import layers, Input, Model
i = Input((32,24,3))
x = layers.Conv2D(8,3,strides=2, name='c1')(i)
base = Model(i, layers.MaxPooling2D(2, name='pool')(x))
x = layers.Flatten()(base.output)
y = layers.GlobalAveragePooling2D()(base.outputs[0])
model = Model(inputs=base.input, outputs=layers.Dense(4)(layers.concatenate([x,y])))
""",
    "softmax over the steps": """
from keras import layers, Input, Model
i = Input((7, 12))
h = layers.LSTM(5, return_sequences=True)(i)
a = layers.Softmax(axis=1)(layers.Dense(1)(h))
c = layers.Dot(axes=1)([a, h])
model = Model(i, layers.Dense(3)(layers.Flatten()(c)))
""",
    "products by an equation": """
from keras import layers, Input, Model
i = Input((7, 12))
x = layers.EinsumDense("abc,cd->abd", output_shape=(7, 64), bias_axes="d")(i)
x = layers.EinsumDense("abc,cde->abde", output_shape=(7, 8, 3), bias_axes="de")(x)
x = layers.EinsumDense("abcd,cde->abe", output_shape=(7, 20), activation='relu')(x)
twice = layers.EinsumDense("abc,bd->adc", output_shape=(7, 20), bias_axes="d")
x = twice(twice(x))
model = Model(i, layers.Dense(3)(x))
""",
    "one model run three times": """
from keras import layers, Input, Model
b = Input((None, None, 3))
part = Model(b, layers.Conv2D(4, 3)(b), name="part")
i, j = Input((20, 18, 3)), Input((11, 13, 3))
x, y = part(i), part(j)
z = part(layers.Conv2D(3, 1)(x))
model = Model([i, j], [z, y, layers.GlobalMaxPooling2D()(x)])
""",
    "encoder and decoder": """
from keras import layers, Input, Model
i = Input((28, 26, 1))
x = layers.MaxPooling2D(3)(layers.Conv2D(16, 3)(i))
encoder = Model(i, layers.GlobalMaxPooling2D()(x), name="encoder")
d = Input((16,))
x = layers.Conv2DTranspose(8, 3)(layers.Reshape((4, 4, 1))(d))
decoder = Model(d, layers.Conv2DTranspose(1, 3)(layers.UpSampling2D(3)(x)), name="decoder")
a = Input((28, 26, 1))
model = Model(a, decoder(encoder(a)))
""",
    "masks that go through": """
from keras import layers, Input, Model
i, j = Input((9,)), Input((9, 8))
x = layers.Embedding(20, 8, mask_zero=True)(i)
x = layers.Bidirectional(layers.LSTM(4, return_sequences=True))(x)
y = layers.LSTM(8, return_sequences=True)(layers.Masking()(j))
x = layers.MultiHeadAttention(2, 3)(x, y)
model = Model([i, j], layers.GRU(3)(x))
""",
    "built for sizes": """
from keras import layers, Model, Sequential
base = Sequential([layers.Conv2D(8, 3), layers.Flatten(), layers.Dense(5)])
base.build((None, 20, 24, 3))
x = layers.Dense(base.output_shape[-1])(base.outputs[0])
model = Model(base.inputs, x)
""",
    "built for sizes, alone": """
from keras import layers, Sequential
model = Sequential([layers.Conv2D(8, 3), layers.Flatten(), layers.Dense(5)])
model.build(input_shape=(None, 20, 24, 3))
""",
    "layers of another": """
from keras import layers, Input, Sequential
base = Sequential([Input((32, 30, 3)), layers.Conv2D(8, 3), layers.Conv2D(9, 3), layers.Flatten(), layers.Dense(5)])
other = Sequential([Input((32, 30, 3)), *base.layers[:2], layers.GlobalAveragePooling2D(), layers.Dense(7)])
model = other
""",
}

OWN_LAYERS = {
    "own layer built": """
import keras
from keras import layers, ops
class Linear(layers.Layer):
    def __init__(self, units=32):
        super().__init__()
        self.units = units
    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1], self.units), initializer="random_normal", trainable=True)
        self.b = self.add_weight(shape=(self.units,), initializer="random_normal", trainable=True)
    def call(self, inputs):
        return ops.matmul(inputs, self.w) + self.b
i = keras.Input((7, 12))
x = Linear(5)(i)
x = layers.Flatten()(x)
model = keras.Model(i, Linear(3)(x))
""",
    "own weights not used": """
import keras
from keras import layers, ops
class Pooling(layers.Layer):
    def build(self, input_shape):
        self.scale = self.add_weight(shape=(), initializer="ones")
        self.rest = [self.add_weight(shape=(4, 3), name="a"), self.add_weight(name="b", shape=(2,))]
        self.gate = layers.Dense(input_shape[-1], activation="sigmoid")
        super().build(input_shape)
    def call(self, inputs):
        x = ops.mean(inputs, axis=(1, 2))
        return x * self.gate(x) * self.scale
i = keras.Input((9, 8, 6))
own = Pooling()
x = own(i)
y = own(layers.Conv2D(6, 3)(i))
model = keras.Model(i, layers.Dense(3)(ops.concatenate([x, y], axis=-1)))
""",
    "own attention": """
import keras
from keras import layers, ops
class Attend(layers.Layer):
    def build(self, input_shape):
        self.W = self.add_weight(name="w", shape=(input_shape[-1], 1), initializer="normal")
        self.b = self.add_weight(name="b", shape=(input_shape[1], 1), initializer="zeros")
        super().build(input_shape)
    def call(self, x):
        e = ops.tanh(ops.matmul(x, self.W) + self.b)
        a = ops.softmax(e, axis=1)
        return ops.sum(x * a, axis=1)
i = keras.Input((7, 12))
x = layers.LSTM(5, return_sequences=True)(i)
model = keras.Model(i, layers.Dense(2)(Attend()(x)))
""",
    "sampling": """
import keras
from keras import layers, ops
class Sampling(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator(1337)
    def call(self, inputs):
        z_mean, z_log_var = inputs
        batch = ops.shape(z_mean)[0]
        dim = ops.shape(z_mean)[1]
        epsilon = keras.random.normal(shape=ops.shape(z_mean))
        return z_mean + ops.exp(0.5 * z_log_var) * epsilon
latent_dim = 2
encoder_inputs = keras.Input(shape=(28, 28, 1))
x = layers.Conv2D(32, 3, activation="relu", strides=2, padding="same")(encoder_inputs)
x = layers.Flatten()(x)
z_mean = layers.Dense(latent_dim, name="z_mean")(x)
z_log_var = layers.Dense(latent_dim, name="z_log_var")(x)
z = Sampling()([z_mean, z_log_var])
model = encoder = keras.Model(encoder_inputs, [z_mean, z_log_var, z], name="encoder")
""",
    "sampling in a function": """
import keras
from keras import layers, ops
def sampling(args):
    m, v = args
    eps = keras.random.normal(shape=(ops.shape(m)[0], 2), mean=0.0, stddev=1.0)
    return m + ops.exp(v / 2) * eps
i = keras.Input((14,))
h = layers.Dense(8, kernel_initializer=keras.initializers.RandomNormal(stddev=0.1))(i)
m = layers.Dense(2)(h)
v = layers.Dense(2)(h)
z = layers.Lambda(sampling, output_shape=(2,))([m, v])
model = keras.Model(i, layers.Dense(14)(z))
""",
}
"""Programs with layers of their own, of which a saved model holds the names alone."""

REFUSED = (
    ("Dropout(1.5)", (8,)),
    ("SpatialDropout2D(0.5)", (8, 6)),
    ("GaussianNoise(1.5)", (8,)),
    ("TimeDistributed(Dense(3))", (8,)),
    ('Dense(4, activation="RELU")', (8,)),
    ('Dense(4, kernel_initializer="he_norma")', (8,)),
    ('LSTM(4, recurrent_activation="sigmoi")', (8, 6)),
    ("ReLU(threshold=-1)", (8,)),
    ("RandomBrightness(2)", (8, 6, 3)),
    ("UnitNormalization(axis=3)", (8, 6)),
    ("RandomZoom(1.5)", (8, 6, 3)),
    ("RandomZoom(None)", (8, 6, 3)),
    ("RandomContrast(-0.1)", (8, 6, 3)),
    ("Reshape(-1)", (8, 6, 3)),
    ("AdaptiveAveragePooling2D(None)", (8, 6, 3)),
)
