# bash completion for convcalc, written by python -m convcalc.cli.completion
# Use: source this file, or put it into ~/.local/share/bash-completion/completions/convcalc

_convcalc() {
    local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"
    local command='' options='' plain='' words='' value='' word
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case "$word" in shape|params|conv|pool) command="$word"; break ;; esac
    done
    COMPREPLY=()
    case "$command" in
        '')
            options='-V --version -h --help --help-all --json-errors'; plain='shape params conv pool'
            case "$previous" in
            esac ;;
        shape)
            options='-k --kernel -g --groups --out-channels --output-padding --ceil --no-ceil --bias --no-bias --layers -f --file --strict --assume -s --stride -p --padding -d --dilation --dims --explain --check --show-answer --grade --region --want --frameworks --as --layout --quiz --sheet --key --difficulty --seed --each --partial -q --quiet -F --format --json -o --output --color --field --depth -h --help --help-all --json-errors'; plain=''
            case "$previous" in
                -k|--kernel) words=''; value=1 ;;
                -g|--groups) words=''; value=1 ;;
                --out-channels) words=''; value=1 ;;
                --output-padding) words=''; value=1 ;;
                -f|--file) words=''; value=1 ;;
                --assume) words='ceil'; value=1 ;;
                -s|--stride) words=''; value=1 ;;
                -p|--padding) words='valid same same-lower full causal'; value=1 ;;
                -d|--dilation) words=''; value=1 ;;
                --dims) words='1 2 3'; value=1 ;;
                --check) words=''; value=1 ;;
                --grade) words=''; value=1 ;;
                --region) words=''; value=1 ;;
                --want) words=''; value=1 ;;
                --as) words='pytorch keras short'; value=1 ;;
                --layout) words='chw hwc'; value=1 ;;
                --sheet) words=''; value=1 ;;
                --key) words=''; value=1 ;;
                --difficulty) words=''; value=1 ;;
                --seed) words=''; value=1 ;;
                --each) words=''; value=1 ;;
                -F|--format) words='auto table plain json csv markdown md latex tex npy mermaid dot gift'; value=1 ;;
                -o|--output) words=''; value=1 ;;
                --color) words='auto always never'; value=1 ;;
                --field) words=''; value=1 ;;
                --depth) words=''; value=1 ;;
            esac ;;
        params)
            options='--input --layout --dtype --batch --optimizer --conventions -k --kernel -g --groups --out-channels --output-padding --ceil --no-ceil --bias --no-bias --layers -f --file --strict --assume -s --stride -p --padding -d --dilation --dims --explain --check --show-answer --grade --quiz --sheet --key --difficulty --seed --each --partial -q --quiet -F --format --json -o --output --color --field --depth -h --help --help-all --json-errors'; plain=''
            case "$previous" in
                --input) words=''; value=1 ;;
                --layout) words='chw hwc'; value=1 ;;
                --dtype) words='float16 bfloat16 float32 float64 int8'; value=1 ;;
                --batch) words=''; value=1 ;;
                --optimizer) words='sgd momentum adagrad rmsprop adam adamw'; value=1 ;;
                -k|--kernel) words=''; value=1 ;;
                -g|--groups) words=''; value=1 ;;
                --out-channels) words=''; value=1 ;;
                --output-padding) words=''; value=1 ;;
                -f|--file) words=''; value=1 ;;
                --assume) words='ceil'; value=1 ;;
                -s|--stride) words=''; value=1 ;;
                -p|--padding) words='valid same same-lower full causal'; value=1 ;;
                -d|--dilation) words=''; value=1 ;;
                --dims) words='1 2 3'; value=1 ;;
                --check) words=''; value=1 ;;
                --grade) words=''; value=1 ;;
                --sheet) words=''; value=1 ;;
                --key) words=''; value=1 ;;
                --difficulty) words=''; value=1 ;;
                --seed) words=''; value=1 ;;
                --each) words=''; value=1 ;;
                -F|--format) words='auto table plain json csv markdown md latex tex npy mermaid dot gift'; value=1 ;;
                -o|--output) words=''; value=1 ;;
                --color) words='auto always never'; value=1 ;;
                --field) words=''; value=1 ;;
                --depth) words=''; value=1 ;;
            esac ;;
        conv)
            options='--inputs -k --kernel --kernels -g --groups --bias --normalize --rotate --flip --boundary --like --frameworks --transposed --output-padding -s --stride -p --padding -d --dilation --dims --origin --circular --column --center --layout --grad --of --from --header --index --decimal --gray --scale --dtype --exact --explain --check --show-answer --grade --at --tol --quiz --sheet --key --difficulty --seed --precision --heatmap --show-input --watch --plan --algorithm --memory --max-elements --threads --scheduler -q --quiet -F --format --json -o --output --color -h --help --help-all --json-errors'; plain=''
            case "$previous" in
                --inputs) words=''; value=1 ;;
                -k|--kernel) words='identity sharpen edge emboss sobel-x sobel-y prewitt-x prewitt-y scharr-x scharr-y laplacian laplacian8 kirsch robinson sobel prewitt scharr box gaussian log dog unsharp disk motion'; value=1 ;;
                -g|--groups) words=''; value=1 ;;
                --bias) words=''; value=1 ;;
                --rotate) words=''; value=1 ;;
                --boundary) words='zeros reflect symmetric replicate circular constant:'; value=1 ;;
                --like) words='matlab numpy scipy ndimage opencv pytorch keras'; value=1 ;;
                --output-padding) words=''; value=1 ;;
                -s|--stride) words=''; value=1 ;;
                -p|--padding) words='valid same same-lower full causal'; value=1 ;;
                -d|--dilation) words=''; value=1 ;;
                --dims) words='1 2 3'; value=1 ;;
                --origin) words=''; value=1 ;;
                --circular) words=''; value=1 ;;
                --column) words=''; value=1 ;;
                --layout) words='chw hwc'; value=1 ;;
                --grad) words=''; value=1 ;;
                --of) words='x w b'; value=1 ;;
                --from) words=''; value=1 ;;
                --decimal) words=''; value=1 ;;
                --scale) words=''; value=1 ;;
                --dtype) words=''; value=1 ;;
                --check) words=''; value=1 ;;
                --grade) words=''; value=1 ;;
                --at) words=''; value=1 ;;
                --tol) words=''; value=1 ;;
                --sheet) words=''; value=1 ;;
                --key) words=''; value=1 ;;
                --difficulty) words=''; value=1 ;;
                --seed) words=''; value=1 ;;
                --precision) words=''; value=1 ;;
                --algorithm) words='direct im2col row-im2col toeplitz separable fft'; value=1 ;;
                --memory) words=''; value=1 ;;
                --max-elements) words=''; value=1 ;;
                --threads) words=''; value=1 ;;
                --scheduler) words=''; value=1 ;;
                -F|--format) words='auto table plain json csv markdown md latex tex npy mermaid dot gift'; value=1 ;;
                -o|--output) words=''; value=1 ;;
                --color) words='auto always never'; value=1 ;;
            esac ;;
        pool)
            options='--inputs -k --kernel --ceil --no-ceil --norm --count-pad --no-count-pad --rank --divisor --indices --adaptive --global -s --stride -p --padding -d --dilation --dims --layout --column --center --grad --of --from --header --index --decimal --gray --scale --dtype --exact --explain --check --show-answer --grade --at --tol --quiz --sheet --key --difficulty --seed --precision --heatmap --show-input --watch --plan --algorithm --memory --max-elements --threads -q --quiet -F --format --json -o --output --color -h --help --help-all --json-errors'; plain='max avg min lp median rank dilate erode'
            case "$previous" in
                --inputs) words=''; value=1 ;;
                -k|--kernel) words=''; value=1 ;;
                --norm) words=''; value=1 ;;
                --rank) words=''; value=1 ;;
                --divisor) words=''; value=1 ;;
                --adaptive) words=''; value=1 ;;
                -s|--stride) words=''; value=1 ;;
                -p|--padding) words='valid same same-lower full causal'; value=1 ;;
                -d|--dilation) words=''; value=1 ;;
                --dims) words='1 2 3'; value=1 ;;
                --layout) words='chw hwc'; value=1 ;;
                --column) words=''; value=1 ;;
                --grad) words=''; value=1 ;;
                --of) words='x w b'; value=1 ;;
                --from) words=''; value=1 ;;
                --decimal) words=''; value=1 ;;
                --scale) words=''; value=1 ;;
                --dtype) words=''; value=1 ;;
                --check) words=''; value=1 ;;
                --grade) words=''; value=1 ;;
                --at) words=''; value=1 ;;
                --tol) words=''; value=1 ;;
                --sheet) words=''; value=1 ;;
                --key) words=''; value=1 ;;
                --difficulty) words=''; value=1 ;;
                --seed) words=''; value=1 ;;
                --precision) words=''; value=1 ;;
                --algorithm) words='direct doubling'; value=1 ;;
                --memory) words=''; value=1 ;;
                --max-elements) words=''; value=1 ;;
                --threads) words=''; value=1 ;;
                -F|--format) words='auto table plain json csv markdown md latex tex npy mermaid dot gift'; value=1 ;;
                -o|--output) words=''; value=1 ;;
                --color) words='auto always never'; value=1 ;;
            esac ;;
    esac
    if [[ -n $value ]]; then
        COMPREPLY=($(compgen -W "$words" -- "$current"))
    elif [[ $current == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$current"))
    else
        COMPREPLY=($(compgen -W "$plain" -- "$current"))
    fi
    [[ $COMPREPLY == *: ]] && compopt -o nospace
    return 0
}

complete -o default -F _convcalc convcalc
