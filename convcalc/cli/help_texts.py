"""What the help of each command says besides its options: examples and prose, as data."""

from __future__ import annotations

from convcalc.value import Value


class Page(Value):
    """The help of one command: command lines, each with a word on it or none; the most telling `shown` come first.

    `about` is one paragraph; `more` are those that only the complete help has.
    """

    examples: tuple[tuple[str, str], ...]
    shown: int
    about: str
    more: tuple[str, ...] = ()


EXIT_CODES = (
    ("0", "Answered; with --check: the answer is right."),
    ("1", "The answer of --check is wrong."),
    ("2", "The command line or a layer is wrong, or the shapes do not fit."),
    ("3", "The data is bad: not a matrix, ragged, over a limit, a damaged file."),
    ("4", "A file cannot be read or written."),
    ("70", "A defect in convcalc itself."),
    ("129", "The terminal was closed: the signal HUP."),
    ("130", "Interrupted: Ctrl-C, or the signal INT."),
    ("141", "The reader of a pipe went away, as head does; what it has read is right."),
    ("143", "Terminated: the signal TERM."),
)
VARIABLES = (
    ("NO_COLOR", "No colors, unless --color asks for them."),
    ("FORCE_COLOR, CLICOLOR_FORCE", "Colors in a pipe, too; FORCE_COLOR=0 means none."),
    ("COLUMNS", "Characters in a line of tables and of the help."),
    ("CONVCALC_TRACEBACK", "If set, a defect is shown with its traceback."),
)
"""What is read of the environment."""

PAGES = {
    "": Page(
        (
            ("convcalc shape 224 -k 7 -s 2 -p 3", "the size that comes out"),
            ("convcalc shape 224 -k 7 -s 2 -p 3 --explain", "with the working"),
            ("convcalc shape 224 -k 7 -s 2 -p 3 --check 112x112", "right? what went wrong?"),
            ("convcalc shape 224 -k 7 -s 2 -p '?' --want 112", "which padding gives 112"),
            ("convcalc shape 3x32x32 'Conv2d(3, 8, 3)' --as keras", "as Keras writes it"),
            ("convcalc params 3x224x224 -f model.py", "weights, MACs, memory"),
            ("convcalc conv '1 0 1; 2 1 0; 0 1 1' -k '1 0; 0 1'", "real numbers, exactly"),
            ("convcalc conv photo.png -k sobel-x -o edges.png", "a real filter"),
            ("convcalc pool matrix.txt max -k 2", ""),
        ),
        9,
        "A calculator for convolutions: sizes, parameters, and real results.",
        (
            "Model files are Python source (read, never run), what print(model) gives, .onnx, Keras's .json and "
            ".keras, Darknet's .cfg, Caffe's .prototxt.",
        ),
    ),
    "shape": Page(
        (
            ("convcalc shape 224 -k 7 -s 2 -p 3 --explain", ""),
            ("convcalc shape 3x32x32 'Conv2d(3, 8, 3, padding=1)' 'MaxPool2d(2)'", ""),
            ("convcalc shape 3x224x224 model.onnx", ""),
            ("convcalc shape 224 -k 7 -s 2 -p '?' --want 112", "which padding gives 112"),
            ("convcalc shape 3x32x32 '2*(conv:16,k3,p1 relu) maxpool:2 fc:10'", ""),
            ("convcalc shape 3x32x32 'Conv2d(3, 8, 3)' --as keras", ""),
            ("convcalc shape 224 maxpool -k 3 -s 2 --check 111x111", ""),
            ("convcalc shape 3x64x64 conv:8,k7,s2 maxpool:3,s2 --check rf=11", "the receptive field"),
            ("convcalc shape 3x32x32 -f network.txt", ""),
            ("convcalc shape 224 -k 7 -s 2 -p 3 --region 0,2", ""),
            ("convcalc shape 224 -k 7 -s 2 -p 3 --frameworks", ""),
            ("convcalc shape --quiz --difficulty 3", ""),
        ),
        6,
        "Sizes through one layer or a whole network, with the receptive field of its cells.",
        (
            "Layers that give their own input size need no INPUT. Model files are Python source, .onnx, Keras's "
            ".json or .keras, Darknet's .cfg, Caffe's .prototxt.",
            "A ? stands for one number to be found, in INPUT, in a LAYER or in an option, so that the output is what "
            "--want says; without --want for the smallest INPUT that passes, or for what the layers themselves fix.",
        ),
    ),
    "params": Page(
        (
            ("convcalc params 'Conv2d(3, 64, 7)'", ""),
            ("convcalc params 3x224x224 'Conv2d(3, 64, 7)' 'ReLU()' --explain", ""),
            ("convcalc params 1x28x28 -f network.txt --json", ""),
            ("convcalc params 3x224x224 model.onnx --batch 32 --optimizer adam", ""),
            ("convcalc params 'Conv2d(1, 6, 5)' 'Flatten()' 'Linear(3456, 10)' --input 1x28x28", ""),
            ("convcalc params 3x32x32 conv:16,k3 --check 'params=448 macs=388800'", ""),
            ("convcalc params weights.safetensors", ""),
        ),
        4,
        "Weights and biases of one layer or a whole network; with the size of an INPUT also MACs, FLOPs and memory.",
        (
            "MACs are the multiply-accumulates of convolutions, linear and recurrent layers and attention's "
            "products, biases not counted; FLOPs are twice as many.",
        ),
    ),
    "conv": Page(
        (
            ("convcalc conv '1 0 1; 2 1 0; 0 1 1' -k '1 0; 0 1' --explain --at 1,0", ""),
            ("convcalc conv image.npy -k gaussian:5 -p same -o smooth.npy", ""),
            ("seq 9 | xargs -n3 | convcalc conv - -k laplacian -p 1", ""),
            ("convcalc conv x.npy 'Conv2d(2, 4, 2, stride=2)' -k w.npy --bias b.npy", ""),
            ("convcalc conv '1 0 1; 2 1 0; 0 1 1' -k '1 0; 0 1' --watch", ""),
            ("convcalc conv '1 0 1; 2 1 0; 0 1 1' -k '1 0; 0 1' --check '2 0; 3 2'", ""),
            ("convcalc conv '1 0 1; 2 1 0; 0 1 1' -k '1 0; 0 1' --grad '1 2; 3 4'", ""),
            ("convcalc conv --sheet 10 --seed 7 -o sheet.tex --key key.tex", ""),
            ("convcalc conv --inputs 'scans/*.npy' -k sobel-x -o 'out/{stem}.npy'", ""),
        ),
        4,
        "The cross-correlation that deep-learning frameworks call convolution; with --flip, the convolution of "
        "mathematics.",
    ),
    "pool": Page(
        (
            ("convcalc pool '1 9 2 3; 4 5 6 8; 7 0 1 2; 3 2 5 4' max -k 2", ""),
            ("convcalc pool matrix.txt avg -k 3 -s 2 --ceil", ""),
            ("convcalc pool x.npy 'MaxPool2d(3, stride=2, padding=1)' -o pooled.npy", ""),
            ("convcalc pool '1 3 3 4 5 6 7' avg -k 3 -s 2 --explain --at 1", ""),
            ("convcalc pool image.npy avg --adaptive 7", ""),
            ("convcalc pool '1 3 3 4' max -k 2 --grad '10 20'", ""),
            ("convcalc pool --inputs 'scans/*.npy' max -k 2 -o 'out/{stem}.npy'", ""),
        ),
        4,
        "The largest (max), smallest (min), mean (avg) or p-norm (lp) of the cells in each window.",
        (
            "As filters, with a window around every cell: dilate and erode (max and min), median, and rank with "
            "--rank N; they repeat the edge at the border.",
            "Every plane of the spatial axes (the last two, or as --dims says) is pooled by itself.",
        ),
    ),
}
