"""Words of other programs and of textbooks that people type, and what they mean here: rows of data."""

from __future__ import annotations

_COUNTED = "params|params shows all counts; --field macs prints one"
_IN_PARAMS = "convcalc params counts them"
_KIND = "the kind stands after INPUT, without an option: max, avg, min, lp"
_BORDER = "the border changes values, not sizes; a layer has it as conv:8,k3,p1,reflect"
_SIZE_FIRST = "the size stands before the layers, without an option: {size}"
_INPUT_FIRST = (
    "conv|INPUT stands first, without an option: convcalc conv photo.png -k sobel-x",
    "pool|INPUT stands first, without an option: convcalc pool photo.png max -k 2",
)
_FORMS = "the forms are -F table, plain, json, csv, markdown, latex; -o picture.svg"

OPTIONS: dict[str, tuple[str, ...]] = {
    "--steps --step-by-step --working --work --why --how --verbose -v --show-work --derivation --debug --demo "
    "--example --examples --formula --formulas --equation": ("--explain",),
    "--answer --verify --claim --expect --expected --is --check-answer --compare --correct --assert": ("--check {}",),
    "--solution --reveal --answers": ("--show-answer", "--explain"),
    "--out": ("--out-channels {}", "-o {}", "the first axis of the kernel holds the output channels"),
    "--filters --features --channels --output-channels --out-features --oc --cout -c -n --n-filters --num-filters "
    "--nfilters --num-output --units --maps --feature-maps --out-planes --out-channels --nodes --neurons": (
        "--out-channels {}",
        "conv|the first axis of the kernel holds the output channels: a bank of kernels has one for each",
        "a pooling keeps the channels",
    ),
    "--in-channels --input-channels --ic --cin --in-features --in-planes --channels-in": (
        "conv+pool|the first axis of INPUT holds the channels",
        "the channels stand in INPUT: 3x224x224",
    ),
    "--size --kernel-size --ksize --window --window-size --filter-size --pool-size --filter-shape --kernel-shape "
    "--kernelsize --poolsize --kernel-dim --kernel-width --kernel-height --k --filter --field-size": ("-k {}",),
    "--weight --kernel-file --coefficients --mask --taps": ("conv|-k {}", _COUNTED, _IN_PARAMS),
    "--gaussian --gaussian-blur --blur --smooth": ("conv|-k gaussian:{}", "convcalc conv has filters: -k gaussian:5"),
    "--box --mean-filter --average-filter --moving-average": (
        "conv|-k box:{}",
        "convcalc conv has filters: -k box:5",
    ),
    "--sigma --sigmax --sigma-x --std": (
        "a Gaussian of size 5 and sigma 1.5: convcalc conv photo.png -k gaussian:5:1.5",
    ),
    "--strides --step --hop --subsample --stride-size --stride-h --stride-w --subsampling --hop-length --shift --s": (
        "-s {}",
    ),
    "--mode -m": (
        "-p {} (with --flip as mathematics has it, or --like numpy)",
        "-p {}",
        "--boundary {}",
        "pool|" + _KIND,
        "conv|a mode is -p full, same or valid; what the border holds is --boundary reflect, ...",
        "a mode is -p full, same or valid, a border the layer's (conv:8,k3,p1,reflect), a pooling a layer",
    ),
    "--pad --pads --padding-type --auto-pad --pad-size --zero-pad --zero-padding --pad-h --pad-w --padding-h "
    "--padding-w --pad-type --padding-size --pad-width --margin --zeros --p": ("-p {}",),
    "--no-padding --no-pad --nopad": ("-p 0",),
    "--dilation-rate --dilations --rate --atrous --atrous-rate --dilate --holes --spacing --d": ("-d {}",),
    "--group --cardinality --n-groups --num-groups --g": ("-g {}",),
    "--separable": ("--algorithm separable", "shape+params|write both of its convolutions: dw:k3,p1 conv:64,k1"),
    "--depthwise --depth-multiplier --dw": (
        "shape+params|a depthwise convolution is a LAYER: dw:k3,p1",
        "a kernel of one axis less than INPUT works on each channel by itself; or -g N",
    ),
    "--axes --rank --ndim --ndims --dim --spatial --spatial-dims --dimensions": (
        "--dims {}",
        "the number of spatial axes is --dims 1, 2 or 3",
    ),
    "--axis": ("conv+pool|for the last axis alone: --dims 1", "each axis has its value: -k 3x5"),
    "--1d": ("--dims 1",),
    "--2d": ("--dims 2",),
    "--3d": ("--dims 3",),
    "--use-bias --biases --with-bias": ("--bias {}", "there is no bias unless --bias gives its numbers"),
    "--no-use-bias --without-bias --nobias": ("--no-bias", "conv|there is no bias unless --bias gives one"),
    "--delta --offset --add --bias-file --bias-values": ("conv|--bias {}",),
    "--ceil-mode --ceiling --round-up --partial-windows": ("--ceil", "conv|a convolution has no ceil mode"),
    "--floor --round-down": ("--no-ceil",),
    "--count-include-pad --include-pad": ("--count-pad", "the values of a pooling are answered by convcalc pool"),
    "--no-count-include-pad --exclude-pad --count-exclude-pad": (
        "--no-count-pad",
        "the values of a pooling are answered by convcalc pool",
    ),
    "--divisor-override --divide": ("--divisor {}",),
    "--return-indices --argmax --locations --switches": ("--indices",),
    "--fill --fillvalue --fill-value --cval --pad-value --constant": ("--boundary constant:{}", _BORDER),
    "--padding-mode --pad-mode --border --borders --border-type --bordertype --border-mode --virtual-pixel "
    "--boundary-mode --extrapolation --bc --wrap --mirror --nearest --reflect-pad --boundary": (
        "--boundary {}",
        "pool|the padding of a pooling holds no values: a padded cell is never the largest",
        _BORDER,
    ),
    "--receptive-field --rf --fov --field-of-view --jump --effective-stride --receptive": (
        "shape|shape shows it in every table; --field receptive_field prints it, --region 0,0 what a cell sees",
        "convcalc shape shows it",
    ),
    "--output-size --target --goal --output-shape --out-size": (
        "--want {}",
        "--adaptive {}",
        "convcalc shape has it",
    ),
    "--solve --find --unknown --inverse --backwards": (
        "shape|a ? stands for the number to be found: -p '?' --want 112",
        "convcalc shape finds it: -p '?' --want 112",
    ),
    "--torch --pytorch": ("--as pytorch", "--like pytorch", "convcalc shape has it: --as pytorch"),
    "--tensorflow --tf --keras": ("--as keras", "--like keras", "convcalc shape has it: --as keras"),
    "--caffe": ("-f {}", "Caffe's .prototxt is read by convcalc shape and params"),
    "--to --convert --translate --framework --notation --target-framework": (
        "--as {}",
        "--like {}",
        "convcalc shape ... --as keras writes a layer as Keras does",
    ),
    "--input-size --input-shape --shape --in -i --height --width --image-size --img-size --imgsz --resolution --hw "
    "--h --w -w --size-in --in-size --input-dim -W -H": ("--input {size}", *_INPUT_FIRST, _SIZE_FIRST),
    "--input --image --photo --img --picture --data --matrix --array --x --in1 --in2 -I": (
        *_INPUT_FIRST,
        _SIZE_FIRST,
    ),
    "--batch-dim --batch-axis": ("the first axis of INPUT is the batch where it has one more: 8x3x224x224",),
    "--batch-size -b --batch --batches --samples --bs --n": (
        "--batch {}",
        "--inputs {}",
        "a batch is the first axis of INPUT: 8x3x224x224",
    ),
    "--data-format --image-data-format": ("--layout {}",),
    "--channels-last --nhwc --hwc": ("--layout hwc",),
    "--nchw --chw --channels-first": ("--layout chw",),
    "--model --network --net --layers-file --load --onnx --cfg --prototxt --arch --checkpoint --script": (
        "-f {}",
        "one layer is computed here; convcalc shape and params read a model: -f model.onnx",
    ),
    "--layer --spec --op --module --type-of-layer --architecture": (
        "a LAYER stands after INPUT, without an option: conv:64,k3",
    ),
    "--pool --pooling --maxpool --max-pool --max-pooling --avgpool --avg-pool --avg --max --mean --average --min": (
        "pool|" + _KIND,
        "shape+params|a pooling is a LAYER, without an option: maxpool:2, avgpool:3,s2",
        "convcalc pool computes it",
    ),
    "--activation --relu --act --bn --batchnorm --dropout": (
        "shape+params|it is a LAYER of its own, without an option: conv:8,k3 bn relu",
        "one layer is computed here; convcalc shape and params take networks",
    ),
    "--upsample --resize --upscale --interpolate --zoom": (
        "shape+params|it is a LAYER, without an option: upsample:2",
        "--adaptive {}",
    ),
    "--out-file --outfile --save --write --export --output-file --save-as --to-file --dump": ("-o {}",),
    "--svg --png --npy --npz --tex-file --picture-file": ("write to a file with -o: its ending says the form",),
    "--silent --bare --brief --short-answer --terse --value --values --numbers-only --only-answer --raw": ("-q",),
    "--get --only --select --pick --extract --query --jq": ("--field {}", "-q"),
    "--form --type --style --fmt --output-format": ("-F {}", _FORMS),
    "--yaml --xml --html --pdf --excel --xlsx --rst": (_FORMS,),
    "--tsv --text --txt": ("-F plain",),
    "--pretty --rich --box-drawing": ("-F table",),
    "--colour --colors": ("--color {}",),
    "--no-color --no-colour --monochrome": ("--color never",),
    "--decimals --digits --round --ndigits --places --prec --significant": (
        "--precision {}",
        "all numbers here are whole, and printed in full",
    ),
    "--human --human-readable --unit --bytes --mb --sort --total --si": (
        "params|a table shows both, 447 105 792 and 447 M; --field macs prints one number",
        "numbers are printed in full",
    ),
    "--heat --plot --show --imshow --visualize --draw": (
        "--heatmap",
        "a network is drawn by -F mermaid or -F dot, an answer by -o table.svg",
    ),
    "--true --math --mathematical --rot180 --rotate180 --reverse --convolution --convolve --flip-kernel "
    "--kernel-flip --true-conv --flipped": ("--flip",),
    "--correlation --cross-correlation --corr --correlate --xcorr --no-flip": (
        "conv is the cross-correlation already; --flip makes it the convolution of mathematics",
    ),
    "--rot90 --turn": ("--rotate 90",),
    "--transpose --deconv --deconvolution --transposed --transposed-conv --conv-transpose --upconv --tconv "
    "--transpose-conv --fractionally-strided": (
        "--transposed",
        "shape+params|a transposed convolution is a LAYER: convT:32,k4,s2",
        "conv|convcalc conv --transposed computes it",
    ),
    "--backward --gradient --gradients --backprop --vjp --grad-output --dy --dout --upstream": (
        "--grad {}",
        "convcalc conv and pool have it: --grad DY",
    ),
    "--cell --cells --pixel --position --coordinate": ("--at {}", "--region {}"),
    "--tolerance --atol --rtol --eps --epsilon": ("--tol {}",),
    "--exercise --exercises --worksheet --questions --problems --homework": ("--sheet {}",),
    "--test --practice --practise --train --random --game": ("--quiz",),
    "--level --hard --easy": ("--difficulty {}",),
    "--jobs -j --workers --cores --num-threads --n-jobs --nproc --parallel": ("--threads {}", "one core is enough"),
    "--conv --convolution-layer --conv2d": ("a convolution is a LAYER, without an option: conv:64,k7,s2",),
    "--kernel-initializer --init --initializer --ones --random-weights": (
        "numbers are typed or read from files; --sheet and --quiz make exercises with random ones",
    ),
    "--device --gpu --cuda --cpu --mps": ("all is computed on the CPU",),
    "--progress --tqdm --bar": ("a terminal shows the progress of long work without an option",),
    "--ram --mem --max-memory --chunks --chunk-size --block-size --profile-memory": (
        "--memory {}",
        "convcalc params shows the memory that a network takes",
    ),
    "--animate --animation --slide": ("--watch",),
    "--fractions --fraction --rational --rationals": ("--exact",),
    "--half --fp16": ("--dtype float16",),
    "--float --fp32 --single": ("--dtype float32",),
    "--double --fp64": ("--dtype float64",),
    "--flops --gflops": ("params|--field flops", _IN_PARAMS),
    "--macs --madds --mult-adds": ("params|--field macs", _IN_PARAMS),
    "--params --parameters --count": ("params|--field params", _IN_PARAMS),
    "--cost --summary --profile --col-names --row-settings --complexity --trainable --weights": (
        _COUNTED,
        _IN_PARAMS,
    ),
    "--method --algo --impl --backend": ("--algorithm {}", "--plan"),
    "--ddepth": ("conv|the result has the type of the numbers; --dtype float32 sets it",),
    "--anchor": ("the padding sets the anchor: -p 1:0; --like opencv has OpenCV's",),
    "--grayscale --grey --greyscale --luma": ("--gray",),
    "--delimiter --sep --separator --delim": (
        "separators are found; --from csv and --decimal of conv and pool say more",
    ),
    "--skip-header --skiprows --skip-rows --headers": ("--header",),
    "--col --cols --usecols --columns": ("--column {}",),
    "--files --glob --all-files": ("--inputs {}", "--each {}"),
    "--each --questions-file --lines": ("--each {}", "--inputs {}"),
    "--depth-limit --max-depth --nesting": ("--depth {}",),
    "--dynamic-shapes --dynamic --dynamic-axes": ("a ? in INPUT is an open size: 3x?x?",),
    "--stdin --pipe": ("a - stands for standard input",),
    "--version": ("convcalc --version",),
    "--list --list-kernels --names": ("--kernels", "--layers"),
    "--help-full --full-help --man --manual --all --usage": ("--help-all",),
}
"""Options of other programs and ours: the first target that fits the command, an option or a sentence.

`{}` is the value. A target may begin with the commands that it is for, as `conv+pool|`.
"""

VALUES = {
    "channels_last": "hwc",
    "channels_first": "chw",
    "nhwc": "hwc",
    "nchw": "chw",
    "cv2": "opencv",
    "cv": "opencv",
    "torch": "pytorch",
    "tensorflow": "keras",
    "tf": "keras",
    "tf.keras": "keras",
    "scipy.signal": "scipy",
    "signal": "scipy",
    "scipy.ndimage": "ndimage",
    "np": "numpy",
    "octave": "matlab",
    "text": "plain",
    "tsv": "plain",
    "double": "float64",
    "float": "float32",
    "half": "float16",
}
"""Values of other programs, and ours."""
TRUE, FALSE = ("true", "yes", "on"), ("false", "no", "off", "none")
"""Words that people put behind an option that takes no value."""

COMMANDS = {
    "flops macs flop mac cost memory mem weights parameters param count counts summary torchinfo thop complexity": (
        "params"
    ),
    "size sizes output out dims shapes dimension dimensions receptive-field receptive_field rf field region solve "
    "infer translate convert": "shape",
    "convolve convolution correlate correlation cross-correlation filter filter2d convolve2d imfilter": "conv",
    "pooling": "pool",
    "max-pool": "pool max",
    "avg-pool average-pool mean-pool": "pool avg",
    "explain why how steps": "shape --explain",
    "watch animate": "conv --watch",
    "quiz exercise exercises practice": "shape --quiz",
    "sheet worksheet homework": "shape --sheet 10",
    "kernels kernel": "conv --kernels",
    "layers layer notation": "shape --layers",
    "version": "--version",
    "man manual": "--help-all",
}
"""Words that are taken for a command, and the command that is meant: with its kind, and with options behind it."""
ABOUT = {
    "check verify": "an answer is checked behind its question: convcalc shape 224 -k 7 --check 218",
    "grade judge": "answers are judged behind their question: convcalc shape 224 -k 7 --grade answers.csv",
}
"""Words that are taken for a command, and the sentence about what is meant."""
ALONE = ("--kernels", "--layers", "--version", "--help-all")
"""Options that need nothing beside them."""
EXAMPLES = {
    "shape": ("224", "-k", "7"),
    "params": ("3x224x224", "Conv2d(3, 64, 7)"),
    "conv": ("1 0 1; 2 1 0; 0 1 1", "-k", "1 0; 0 1"),
    "pool": ("1 2; 3 4", "max", "-k", "2"),
}
"""What each command may be asked, where nothing is said."""
FUNCTIONS = {
    "convolve2d": "scipy",
    "signal.convolve": "scipy",
    "fftconvolve": "scipy",
    "oaconvolve": "scipy",
    "np.convolve": "numpy",
    "numpy.convolve": "numpy",
    "conv2": "matlab",
}
"""Functions of other programs whose first arguments are an input and a kernel, and the program."""

DATA_ENDINGS = (
    ".npy",
    ".npz",
    ".csv",
    ".tsv",
    ".txt",
    ".png",
    ".jpg",
    ".jpeg",
    ".pgm",
    ".ppm",
    ".tif",
    ".bmp",
    ".mat",
)
