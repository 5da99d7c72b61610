"""What people paste from consoles, programs and pages, loaded only where the plain readers do not understand a text.

| module      | recognizes                                                                                          |
| ----------- | --------------------------------------------------------------------------------------------------- |
| `sessions`  | `>>>`, `In [1]:`, `octave:1>` and other prompts, knitr's `#>`, fences of code                       |
| `names`     | labels (`layer1:`), `NAME =`, declarations (`int k[3][3] =`, `const k =`)                           |
| `wrapping`  | `tf.constant(...)`, `Matrix([...])`, `<tf.Tensor ...>`, `[torch.FloatTensor of size 2x2]`           |
| `spelling`  | full-width signs, `1.0f`, `1D-3`, factors, comments and continued lines of other languages          |
| `fillings`  | `c(1, 2)`, `matrix(c(...), nrow = 2)`, `reshape([...], 2, 2)`, `(Mat_<float>(2, 2) << 1, 2, 3, 4)`   |
| `rows`      | a bracketed row a line, YAML's lists, ImageMagick's kernels                                         |
| `r_prints`  | R's matrices, arrays and vectors                                                                    |
| `slices`    | MATLAB, Octave, Julia, older PyTorch: sizes, factors, blocks of columns, slices                     |
| `tables`    | names above and beside numbers without separators or a header being asked for; MediaWiki; `sep=;`   |
| `drawn`     | brackets in pieces, bars, boxes                                                                     |
| `refused`   | sparse and complex prints, ESRI grids, HTML                                                         |

The first five take away what stands around numbers; the others read what is left. `read` has the order.
"""
