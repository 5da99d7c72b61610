# bash completion for convcalc, written by python -m convcalc.cli.completion
# Use: source this file, or put it into ~/.local/share/bash-completion/completions/convcalc

_convcalc() {
    local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"
    local command='' options='' plain='' classes='' words='' value='' word
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case "$word" in shape|params|conv|pool|help) command="$word"; break ;; esac
    done
    # bash takes --option=value for three words.
    [[ $current == = ]] && current='' && previous="${COMP_WORDS[COMP_CWORD-1]}"
    [[ $previous == = ]] && previous="${COMP_WORDS[COMP_CWORD-2]}"
    current="${current#[\'\"]}"
    COMPREPLY=()
    case "$command" in
        '')
            options='-V --version -h --help --help-all --json-errors'; plain='shape params conv pool help'
            classes=''
            case "$previous" in
            esac ;;
        shape)
            options='-k --kernel -g --groups --out-channels --output-padding --ceil --no-ceil --bias --no-bias --layers -f --file --class --strict --assume -s --stride -p --padding -d --dilation --dims --explain --check --show-answer --grade --region --want --frameworks --as --layout --quiz --sheet --key --difficulty --seed --each --partial -q --quiet -F --format --json -o --output --color --field --depth -h --help --help-all --json-errors'; plain='conv: convT: dw: maxpool: minpool: avgpool: lppool: fc: bn: flatten alphadropout celu dropout dropout1d dropout2d dropout3d elu featurealphadropout gap gelu gmp hardshrink hardsigmoid hardswish hardtanh hsigmoid hswish identity leakyrelu logsigmoid logsoftmax mish relu relu6 rrelu selu sigmoid silu softmax softmax2d softmin softplus softshrink softsign swish tanh tanhshrink'
            classes='Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d MaxPool1d MaxPool2d MaxPool3d AvgPool1d AvgPool2d AvgPool3d LPPool1d LPPool2d LPPool3d AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d AdaptiveMaxPool1d AdaptiveMaxPool2d AdaptiveMaxPool3d MaxUnpool1d MaxUnpool2d MaxUnpool3d Unfold Fold ZeroPad1d ZeroPad2d ZeroPad3d ReflectionPad1d ReflectionPad2d ReflectionPad3d ReplicationPad1d ReplicationPad2d ReplicationPad3d CircularPad1d CircularPad2d CircularPad3d ConstantPad1d ConstantPad2d ConstantPad3d Upsample UpsamplingNearest2d UpsamplingBilinear2d PixelShuffle PixelUnshuffle Linear Bilinear Embedding EmbeddingBag MultiheadAttention RNN LSTM GRU RNNCell LSTMCell GRUCell BatchNorm1d BatchNorm2d BatchNorm3d SyncBatchNorm InstanceNorm1d InstanceNorm2d InstanceNorm3d GroupNorm LayerNorm RMSNorm Flatten Unflatten GLU PReLU Identity CELU ELU GELU Hardshrink Hardsigmoid Hardswish Hardtanh LeakyReLU LogSigmoid LogSoftmax Mish RReLU ReLU ReLU6 SELU SiLU Sigmoid Softmax Softmax2d Softmin Softplus Softshrink Softsign Tanh Tanhshrink Threshold ChannelShuffle CrossMapLRN2d LocalResponseNorm AlphaDropout Dropout Dropout1d Dropout2d Dropout3d FeatureAlphaDropout SimpleRNN Bidirectional TimeDistributed ConvLSTM1D ConvLSTM2D ConvLSTM3D SpatialDropout1D SpatialDropout2D SpatialDropout3D GaussianDropout GaussianNoise UnitNormalization Rescaling RandomFlip RandomRotation RandomZoom RandomTranslation RandomContrast RandomBrightness ActivityRegularization Masking Activation Dense Reshape Permute RepeatVector BatchNormalization LayerNormalization GroupNormalization RMSNormalization UpSampling1D UpSampling2D UpSampling3D Resizing CenterCrop RandomCrop Normalization MaxPooling1D MaxPool1D AveragePooling1D AvgPool1D GlobalMaxPooling1D GlobalMaxPool1D GlobalAveragePooling1D GlobalAvgPool1D AdaptiveMaxPooling1D AdaptiveAveragePooling1D Conv1D Convolution1D ZeroPadding1D Cropping1D DepthwiseConv1D SeparableConv1D SeparableConvolution1D Conv1DTranspose Convolution1DTranspose MaxPooling2D MaxPool2D AveragePooling2D AvgPool2D GlobalMaxPooling2D GlobalMaxPool2D GlobalAveragePooling2D GlobalAvgPool2D AdaptiveMaxPooling2D AdaptiveAveragePooling2D Conv2D Convolution2D ZeroPadding2D Cropping2D DepthwiseConv2D SeparableConv2D SeparableConvolution2D Conv2DTranspose Convolution2DTranspose MaxPooling3D MaxPool3D AveragePooling3D AvgPool3D GlobalMaxPooling3D GlobalMaxPool3D GlobalAveragePooling3D GlobalAvgPool3D AdaptiveMaxPooling3D AdaptiveAveragePooling3D Conv3D Convolution3D ZeroPadding3D Cropping3D Conv3DTranspose Convolution3DTranspose'
            case "$previous" in
                -k|--kernel) words=''; value=word ;;
                -g|--groups) words=''; value=word ;;
                --out-channels) words=''; value=word ;;
                --output-padding) words=''; value=word ;;
                -f|--file) words=''; value=file ;;
                --class) words=''; value=word ;;
                --assume) words='ceil'; value=word ;;
                -s|--stride) words=''; value=word ;;
                -p|--padding) words='valid same same-lower full causal'; value=word ;;
                -d|--dilation) words=''; value=word ;;
                --dims) words='1 2 3'; value=word ;;
                --check) words=''; value=word ;;
                --grade) words=''; value=file ;;
                --region) words=''; value=word ;;
                --want) words=''; value=word ;;
                --as) words='pytorch keras short'; value=word ;;
                --layout) words='chw hwc'; value=word ;;
                --sheet) words=''; value=word ;;
                --key) words=''; value=file ;;
                --difficulty) words=''; value=word ;;
                --seed) words=''; value=word ;;
                --each) words=''; value=file ;;
                -F|--format) words='auto table plain json csv markdown md latex tex npy mermaid dot gift'; value=word ;;
                -o|--output) words=''; value=file ;;
                --color) words='auto always never'; value=word ;;
                --field) words=''; value=word ;;
                --depth) words=''; value=word ;;
            esac ;;
        params)
            options='--input --layout --dtype --batch --optimizer --conventions -k --kernel -g --groups --out-channels --output-padding --ceil --no-ceil --bias --no-bias --layers -f --file --class --strict --assume -s --stride -p --padding -d --dilation --dims --explain --check --show-answer --grade --quiz --sheet --key --difficulty --seed --each --partial -q --quiet -F --format --json -o --output --color --field --depth -h --help --help-all --json-errors'; plain='conv: convT: dw: maxpool: minpool: avgpool: lppool: fc: bn: flatten alphadropout celu dropout dropout1d dropout2d dropout3d elu featurealphadropout gap gelu gmp hardshrink hardsigmoid hardswish hardtanh hsigmoid hswish identity leakyrelu logsigmoid logsoftmax mish relu relu6 rrelu selu sigmoid silu softmax softmax2d softmin softplus softshrink softsign swish tanh tanhshrink'
            classes='Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d MaxPool1d MaxPool2d MaxPool3d AvgPool1d AvgPool2d AvgPool3d LPPool1d LPPool2d LPPool3d AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d AdaptiveMaxPool1d AdaptiveMaxPool2d AdaptiveMaxPool3d MaxUnpool1d MaxUnpool2d MaxUnpool3d Unfold Fold ZeroPad1d ZeroPad2d ZeroPad3d ReflectionPad1d ReflectionPad2d ReflectionPad3d ReplicationPad1d ReplicationPad2d ReplicationPad3d CircularPad1d CircularPad2d CircularPad3d ConstantPad1d ConstantPad2d ConstantPad3d Upsample UpsamplingNearest2d UpsamplingBilinear2d PixelShuffle PixelUnshuffle Linear Bilinear Embedding EmbeddingBag MultiheadAttention RNN LSTM GRU RNNCell LSTMCell GRUCell BatchNorm1d BatchNorm2d BatchNorm3d SyncBatchNorm InstanceNorm1d InstanceNorm2d InstanceNorm3d GroupNorm LayerNorm RMSNorm Flatten Unflatten GLU PReLU Identity CELU ELU GELU Hardshrink Hardsigmoid Hardswish Hardtanh LeakyReLU LogSigmoid LogSoftmax Mish RReLU ReLU ReLU6 SELU SiLU Sigmoid Softmax Softmax2d Softmin Softplus Softshrink Softsign Tanh Tanhshrink Threshold ChannelShuffle CrossMapLRN2d LocalResponseNorm AlphaDropout Dropout Dropout1d Dropout2d Dropout3d FeatureAlphaDropout SimpleRNN Bidirectional TimeDistributed ConvLSTM1D ConvLSTM2D ConvLSTM3D SpatialDropout1D SpatialDropout2D SpatialDropout3D GaussianDropout GaussianNoise UnitNormalization Rescaling RandomFlip RandomRotation RandomZoom RandomTranslation RandomContrast RandomBrightness ActivityRegularization Masking Activation Dense Reshape Permute RepeatVector BatchNormalization LayerNormalization GroupNormalization RMSNormalization UpSampling1D UpSampling2D UpSampling3D Resizing CenterCrop RandomCrop Normalization MaxPooling1D MaxPool1D AveragePooling1D AvgPool1D GlobalMaxPooling1D GlobalMaxPool1D GlobalAveragePooling1D GlobalAvgPool1D AdaptiveMaxPooling1D AdaptiveAveragePooling1D Conv1D Convolution1D ZeroPadding1D Cropping1D DepthwiseConv1D SeparableConv1D SeparableConvolution1D Conv1DTranspose Convolution1DTranspose MaxPooling2D MaxPool2D AveragePooling2D AvgPool2D GlobalMaxPooling2D GlobalMaxPool2D GlobalAveragePooling2D GlobalAvgPool2D AdaptiveMaxPooling2D AdaptiveAveragePooling2D Conv2D Convolution2D ZeroPadding2D Cropping2D DepthwiseConv2D SeparableConv2D SeparableConvolution2D Conv2DTranspose Convolution2DTranspose MaxPooling3D MaxPool3D AveragePooling3D AvgPool3D GlobalMaxPooling3D GlobalMaxPool3D GlobalAveragePooling3D GlobalAvgPool3D AdaptiveMaxPooling3D AdaptiveAveragePooling3D Conv3D Convolution3D ZeroPadding3D Cropping3D Conv3DTranspose Convolution3DTranspose'
            case "$previous" in
                --input) words=''; value=word ;;
                --layout) words='chw hwc'; value=word ;;
                --dtype) words='float16 bfloat16 float32 float64 int8'; value=word ;;
                --batch) words=''; value=word ;;
                --optimizer) words='sgd momentum adagrad rmsprop adam adamw'; value=word ;;
                -k|--kernel) words=''; value=word ;;
                -g|--groups) words=''; value=word ;;
                --out-channels) words=''; value=word ;;
                --output-padding) words=''; value=word ;;
                -f|--file) words=''; value=file ;;
                --class) words=''; value=word ;;
                --assume) words='ceil'; value=word ;;
                -s|--stride) words=''; value=word ;;
                -p|--padding) words='valid same same-lower full causal'; value=word ;;
                -d|--dilation) words=''; value=word ;;
                --dims) words='1 2 3'; value=word ;;
                --check) words=''; value=word ;;
                --grade) words=''; value=file ;;
                --sheet) words=''; value=word ;;
                --key) words=''; value=file ;;
                --difficulty) words=''; value=word ;;
                --seed) words=''; value=word ;;
                --each) words=''; value=file ;;
                -F|--format) words='auto table plain json csv markdown md latex tex npy mermaid dot gift'; value=word ;;
                -o|--output) words=''; value=file ;;
                --color) words='auto always never'; value=word ;;
                --field) words=''; value=word ;;
                --depth) words=''; value=word ;;
            esac ;;
        conv)
            options='--inputs -k --kernel --kernels -g --groups --bias --normalize --rotate --flip --boundary --like --frameworks --transposed --output-padding -s --stride -p --padding -d --dilation --dims --origin --circular --column --center --layout --grad --of --from --header --index --decimal --gray --scale --dtype --exact --explain --check --show-answer --grade --at --tol --quiz --sheet --key --difficulty --seed --precision --heatmap --show-input --watch --plan --algorithm --memory --max-elements --threads --scheduler -q --quiet -F --format --json -o --output --color -h --help --help-all --json-errors'; plain='conv: convT: dw:'
            classes='Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d ConvLSTM1D ConvLSTM2D ConvLSTM3D Conv1D Convolution1D DepthwiseConv1D SeparableConv1D SeparableConvolution1D Conv1DTranspose Convolution1DTranspose Conv2D Convolution2D DepthwiseConv2D SeparableConv2D SeparableConvolution2D Conv2DTranspose Convolution2DTranspose Conv3D Convolution3D Conv3DTranspose Convolution3DTranspose'
            case "$previous" in
                --inputs) words=''; value=file ;;
                -k|--kernel) words='identity sharpen edge emboss sobel-x sobel-y prewitt-x prewitt-y scharr-x scharr-y laplacian laplacian8 kirsch robinson sobel prewitt scharr box: gaussian: log dog: unsharp disk: motion:'; value=file ;;
                -g|--groups) words=''; value=word ;;
                --bias) words=''; value=file ;;
                --rotate) words=''; value=word ;;
                --boundary) words='zeros reflect symmetric replicate circular constant:'; value=word ;;
                --like) words='matlab numpy scipy ndimage opencv pytorch keras'; value=word ;;
                --output-padding) words=''; value=word ;;
                -s|--stride) words=''; value=word ;;
                -p|--padding) words='valid same same-lower full causal'; value=word ;;
                -d|--dilation) words=''; value=word ;;
                --dims) words='1 2 3'; value=word ;;
                --origin) words=''; value=word ;;
                --circular) words=''; value=word ;;
                --column) words=''; value=word ;;
                --layout) words='chw hwc'; value=word ;;
                --grad) words=''; value=file ;;
                --of) words='x w b'; value=word ;;
                --from) words='plain csv tsv json numpy pytorch matlab markdown latex pnm npy npz image'; value=word ;;
                --decimal) words=''; value=word ;;
                --scale) words=''; value=word ;;
                --dtype) words=''; value=word ;;
                --check) words=''; value=word ;;
                --grade) words=''; value=file ;;
                --at) words=''; value=word ;;
                --tol) words=''; value=word ;;
                --sheet) words=''; value=word ;;
                --key) words=''; value=file ;;
                --difficulty) words=''; value=word ;;
                --seed) words=''; value=word ;;
                --precision) words=''; value=word ;;
                --algorithm) words='direct im2col row-im2col toeplitz separable fft'; value=word ;;
                --memory) words=''; value=word ;;
                --max-elements) words=''; value=word ;;
                --threads) words=''; value=word ;;
                --scheduler) words=''; value=word ;;
                -F|--format) words='auto table plain json csv markdown md latex tex npy mermaid dot gift'; value=word ;;
                -o|--output) words=''; value=file ;;
                --color) words='auto always never'; value=word ;;
            esac ;;
        pool)
            options='--inputs -k --kernel --ceil --no-ceil --norm --count-pad --no-count-pad --rank --divisor --indices --adaptive --global -s --stride -p --padding -d --dilation --dims --layout --column --center --grad --of --from --header --index --decimal --gray --scale --dtype --exact --explain --check --show-answer --grade --at --tol --quiz --sheet --key --difficulty --seed --precision --heatmap --show-input --watch --plan --algorithm --memory --max-elements --threads --scheduler -q --quiet -F --format --json -o --output --color -h --help --help-all --json-errors'; plain='max avg min lp median rank dilate erode'
            classes='MaxPool1d MaxPool2d MaxPool3d AvgPool1d AvgPool2d AvgPool3d LPPool1d LPPool2d LPPool3d AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d AdaptiveMaxPool1d AdaptiveMaxPool2d AdaptiveMaxPool3d MaxPooling1D MaxPool1D AveragePooling1D AvgPool1D GlobalMaxPooling1D GlobalMaxPool1D GlobalAveragePooling1D GlobalAvgPool1D AdaptiveMaxPooling1D AdaptiveAveragePooling1D MaxPooling2D MaxPool2D AveragePooling2D AvgPool2D GlobalMaxPooling2D GlobalMaxPool2D GlobalAveragePooling2D GlobalAvgPool2D AdaptiveMaxPooling2D AdaptiveAveragePooling2D MaxPooling3D MaxPool3D AveragePooling3D AvgPool3D GlobalMaxPooling3D GlobalMaxPool3D GlobalAveragePooling3D GlobalAvgPool3D AdaptiveMaxPooling3D AdaptiveAveragePooling3D'
            case "$previous" in
                --inputs) words=''; value=file ;;
                -k|--kernel) words=''; value=word ;;
                --norm) words=''; value=word ;;
                --rank) words=''; value=word ;;
                --divisor) words=''; value=word ;;
                --adaptive) words=''; value=word ;;
                -s|--stride) words=''; value=word ;;
                -p|--padding) words='valid same same-lower full causal'; value=word ;;
                -d|--dilation) words=''; value=word ;;
                --dims) words='1 2 3'; value=word ;;
                --layout) words='chw hwc'; value=word ;;
                --column) words=''; value=word ;;
                --grad) words=''; value=file ;;
                --of) words='x w b'; value=word ;;
                --from) words='plain csv tsv json numpy pytorch matlab markdown latex pnm npy npz image'; value=word ;;
                --decimal) words=''; value=word ;;
                --scale) words=''; value=word ;;
                --dtype) words=''; value=word ;;
                --check) words=''; value=word ;;
                --grade) words=''; value=file ;;
                --at) words=''; value=word ;;
                --tol) words=''; value=word ;;
                --sheet) words=''; value=word ;;
                --key) words=''; value=file ;;
                --difficulty) words=''; value=word ;;
                --seed) words=''; value=word ;;
                --precision) words=''; value=word ;;
                --algorithm) words='direct doubling'; value=word ;;
                --memory) words=''; value=word ;;
                --max-elements) words=''; value=word ;;
                --threads) words=''; value=word ;;
                --scheduler) words=''; value=word ;;
                -F|--format) words='auto table plain json csv markdown md latex tex npy mermaid dot gift'; value=word ;;
                -o|--output) words=''; value=file ;;
                --color) words='auto always never'; value=word ;;
            esac ;;
        help)
            plain='shape params conv pool backwards convolution cost exercises gradients homework layers matrices networks pooling python sequences sizes streams' ;;
    esac
    if [[ -z $value && $current == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$current"))
        return 0
    fi
    # Classes of PyTorch and Keras begin with a capital, and would be too many beside the rest.
    [[ -z $value && $current == [A-Z]* ]] && plain="$classes"
    [[ -z $value ]] && words="$plain"
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    if [[ $value == file || ( -z $value && -n $command && $command != help ) ]]; then
        (( ${#COMPREPLY[@]} )) || compopt -o filenames  # it would quote the colon of a layer
        while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$current")
    fi
    [[ ${COMPREPLY[0]} == *: ]] && compopt -o nospace
    return 0
}

complete -F _convcalc convcalc
