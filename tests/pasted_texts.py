"""One matrix in every spelling that people paste: consoles, programs, prints, tables, pages."""

from __future__ import annotations

MATRIX = [[1, 0, -1], [20, 1, 0]]

ROWS = {
    "a bracketed row a line": "[1, 0, -1]\n[20, 1, 0]\n",
    "bracketed rows with commas between": "[1, 0, -1],\n[20, 1, 0],\n",
    "bracketed rows on one line": "[1, 0, -1], [20, 1, 0]",
    "a row of NumPy's a line": "[ 1  0 -1]\n[20  1  0]\n",
    "a tuple a line": "(1, 0, -1)\n(20, 1, 0)\n",
    "a list of tuples over lines": "[(1, 0, -1),\n (20, 1, 0)]\n",
    "a tensor a line": "tensor([ 1,  0, -1])\ntensor([20,  1,  0])\n",
    "a list of arrays": "[array([ 1,  0, -1]), array([20,  1,  0])]",
    "YAML, a list a line": "- [1, 0, -1]\n- [20, 1, 0]\n",
    "YAML, in blocks": "- - 1\n  - 0\n  - -1\n- - 20\n  - 1\n  - 0\n",
    "YAML, each row under its dash": "-\n  - 1\n  - 0\n  - -1\n-\n  - 20\n  - 1\n  - 0\n",
    "YAML, under a key": "kernel:\n  - [1, 0, -1]\n  - [20, 1, 0]\n",
    "ImageMagick": "3x2: 1,0,-1 20,1,0",
}

CONSOLES = {
    "R's matrix": "     [,1] [,2] [,3]\n[1,]    1    0   -1\n[2,]   20    1    0\n",
    "R's matrix in blocks": "     [,1] [,2]\n[1,]    1    0\n[2,]   20    1\n     [,3]\n[1,]   -1\n[2,]    0\n",
    "R's matrix with names above": "      a b  c\n[1,]  1 0 -1\n[2,] 20 1  0\n",
    "R's matrix with names beside": "  [,1] [,2] [,3]\nx    1    0   -1\ny   20    1    0\n",
    "a size in the line before": "x torch.Size([2, 3])\ntensor([[ 1,  0, -1],\n        [20,  1,  0]])\n",
    "a shape in the line before": "(2, 3)\n[[ 1  0 -1]\n [20  1  0]]\n",
    "a shape in the label": "x (2, 3): [[ 1  0 -1]\n [20  1  0]]\n",
    "an index": "out[0] = tensor([[ 1,  0, -1],\n        [20,  1,  0]])\n",
    "knitr": "#>      [,1] [,2] [,3]\n#> [1,]    1    0   -1\n#> [2,]   20    1    0\n",
    "knitr, the older mark": "##      [,1] [,2] [,3]\n## [1,]    1    0   -1\n## [2,]   20    1    0\n",
    "knitr with its code": "m\n#>      [,1] [,2] [,3]\n#> [1,]    1    0   -1\n#> [2,]   20    1    0\n",
    "R's console": "> m\n     [,1] [,2] [,3]\n[1,]    1    0   -1\n[2,]   20    1    0\n",
    "Python's prompt and print": ">>> a\narray([[ 1,  0, -1],\n       [20,  1,  0]])\n",
    "Python's prompt, what was typed": ">>> a = np.array([[1, 0, -1],\n...               [20, 1, 0]])\n>>> \n",
    "Python's prompt, typed and printed": ">>> import numpy as np\n>>> a = np.array([[1, 0, -1], [20, 1, 0]])\n"
    ">>> a\narray([[ 1,  0, -1],\n       [20,  1,  0]])\n",
    "IPython": "In [3]: a\nOut[3]: \narray([[ 1,  0, -1],\n       [20,  1,  0]])\n",
    "Octave's prompt": "octave:1> A = [1 0 -1; 20 1 0]\nA =\n\n    1    0   -1\n   20    1    0\n\n",
    "MATLAB's prompt": ">> A = [1 0 -1; 20 1 0];\n",
    "a block of code": "```python\n[[1, 0, -1], [20, 1, 0]]\n```\n",
    "a label in the line": "x variable: tensor([[ 1,  0, -1],\n        [20,  1,  0]])\n",
    "a label in the line before": "layer1:\ntensor([[ 1,  0, -1],\n        [20,  1,  0]])\n",
    "a label and a size": "input0: torch.Size([2, 3])\ntensor([[ 1,  0, -1],\n        [20,  1,  0]])\n",
    "a shape before": "shape: (2, 3)\n[[ 1  0 -1]\n [20  1  0]]\n",
    "a shape after": "[[ 1  0 -1]\n [20  1  0]]\n(2, 3)\n",
    "a size after": "tensor([[ 1,  0, -1],\n        [20,  1,  0]])\ntorch.Size([2, 3])\n",
}

PROGRAMS = {
    "a name and a semicolon": "NAME = [[1, 0, -1], [20, 1, 0]];",
    "TensorFlow, typed": "tf.constant([[1, 0, -1], [20, 1, 0]])",
    "TensorFlow, a shape": "x = tf.constant([1, 0, -1, 20, 1, 0], shape=[2, 3], dtype=tf.int32)",
    "TensorFlow, a type": "tf.Variable([[1, 0, -1], [20, 1, 0]], tf.int32)",
    "PyTorch, typed": "w = torch.tensor([[1, 0, -1], [20, 1, 0]])",
    "PyTorch, the old class": "torch.LongTensor([[1, 0, -1], [20, 1, 0]])",
    "NumPy, reshaped": "np.array([1, 0, -1, 20, 1, 0]).reshape(2, 3)",
    "SymPy": "Matrix([\n[1, 0, -1],\n[20, 1, 0]])",
    "SymPy, flat": "Matrix(2, 3, [1, 0, -1, 20, 1, 0])",
    "C": "int k[2][3] = {\n  { 1, 0, -1 },\n  { 20, 1, 0 }\n};",
    "C, flat": "static const int k[2][3] = {1, 0, -1, 20, 1, 0};",
    "C, comments": "/* kernel */ int k[2][3] = {{1, 0, -1}, // first\n {20, 1, 0}};",
    "C++": "std::vector<std::vector<int>> k = {{1, 0, -1}, {20, 1, 0}};",
    "Java": "int[][] k = new int[][] {{1, 0, -1}, {20, 1, 0}};",
    "C#": "int[,] k = new int[,] { { 1, 0, -1 }, { 20, 1, 0 } };",
    "Go": "k := [2][3]int{{1, 0, -1}, {20, 1, 0}}",
    "Rust": "let k: [[i32; 3]; 2] = [[1, 0, -1], [20, 1, 0]];",
    "JavaScript": "const k = [\n  [1, 0, -1],\n  [20, 1, 0],\n];",
    "TypeScript": "export const k: number[][] = [[1, 0, -1], [20, 1, 0]];",
    "Julia, typed": "K = Int64[1 0 -1; 20 1 0]",
    "R's suffix": "[1L, 0L, -1L]\n[20L, 1L, 0L]",
    "MATLAB, continued": "A = [1, 0, -1; ...\n     20, 1, 0];",
    "MATLAB, comments": "A = [1 0 -1; % first\n     20 1 0];",
    "R, by row": "k <- matrix(c(1, 0, -1, 20, 1, 0), nrow = 2, byrow = TRUE)",
    "R, by column": "matrix(c(1, 20, 0, 1, -1, 0), nrow = 2)",
    "R, sizes by place": "matrix(c(1L, 20L, 0L, 1L, -1L, 0L), 2, 3)",
    "R, the number of columns": "matrix(c(1, 0, -1,\n  20, 1, 0), byrow = T, ncol = 3)",
    "R, names of rows": 'matrix(c(1, 20, 0, 1, -1, 0), 2, 3, dimnames = list(c("x", "y"), NULL))',
    "R, rows": "rbind(c(1, 0, -1), c(20, 1, 0))",
    "R, columns": "cbind(c(1, 20),\n      c(0, 1),\n      c(-1, 0))",
    "R, an array": "array(c(1, 20, 0, 1, -1, 0), dim = c(2, 3))",
    "R, transposed": "t(matrix(c(1, 0, -1, 20, 1, 0), nrow = 3))",
    "MATLAB, reshaped": "K = reshape([1 20 0 1 -1 0], 2, 3);",
    "MATLAB, transposed": "A = [1 20; 0 1; -1 0]';",
    "MATLAB, transposed without conjugation": "[1 20; 0 1; -1 0].'",
    "a superscript": "[[1, 20], [0, 1], [-1, 0]]ᵀ",
    "NumPy, transposed": "np.array([[1, 20], [0, 1], [-1, 0]]).T",
    "PyTorch, transposed": "torch.tensor([[1, 20], [0, 1], [-1, 0]]).t()",
    "a call that transposes": "np.transpose([[1, 20], [0, 1], [-1, 0]])",
    "LaTeX, transposed": "\\begin{bmatrix} 1 & 20 \\\\ 0 & 1 \\\\ -1 & 0 \\end{bmatrix}^{T}",
    "OpenCV": "cv::Mat_<float>(2, 3) << 1, 0, -1, 20, 1, 0",
    "OpenCV, named": "cv::Mat k = (cv::Mat_<int>(2,3) <<\n  1, 0, -1,\n  20, 1, 0);",
    "OpenCV, in two statements": "Mat_<float> k(2, 3); k << 1, 0, -1, 20, 1, 0;",
    "OpenCV, fixed": "cv::Matx23f k(1, 0, -1, 20, 1, 0);",
    "Eigen": "Eigen::MatrixXd m(2, 3);\nm << 1, 0, -1,\n     20, 1, 0;",
    "JSON, flat": '{"shape": [2, 3], "data": [1, 0, -1, 20, 1, 0]}',
    "JSON, a member": '"kernel": [[1, 0, -1], [20, 1, 0]],',
}

PRINTS = {
    "TensorFlow": "<tf.Tensor: shape=(2, 3), dtype=int32, numpy=\narray([[ 1,  0, -1],\n"
    "       [20,  1,  0]], dtype=int32)>\n",
    "TensorFlow, a variable": "<tf.Variable 'Variable:0' shape=(2, 3) dtype=int32, numpy=\narray([[ 1,  0, -1],\n"
    "       [20,  1,  0]], dtype=int32)>\n",
    "TensorFlow, print": "tf.Tensor(\n[[ 1  0 -1]\n [20  1  0]], shape=(2, 3), dtype=int32)\n",
    "JAX": "Array([[ 1,  0, -1],\n       [20,  1,  0]], dtype=int32)\n",
    "MXNet": "\n[[ 1  0 -1]\n [20  1  0]]\n<NDArray 2x3 @cpu(0)>\n",
    "Paddle": "Tensor(shape=[2, 3], dtype=int64, place=Place(cpu), stop_gradient=True,\n"
    "       [[ 1,  0, -1],\n        [20,  1,  0]])\n",
    "PyTorch 0.1": "\n  1   0  -1\n 20   1   0\n[torch.LongTensor of size 2x3]\n",
    "PyTorch 0.1, of a GPU": "\n  1   0  -1\n 20   1   0\n[torch.cuda.LongTensor of size 2x3 (GPU 0)]\n",
    "PyTorch, C++": "  1   0  -1\n 20   1   0\n[ CPULongType{2,3} ]\n",
    "MATLAB, a size": "A =\n\n  2×3 int32 matrix\n\n    1    0   -1\n   20    1    0\n\n",
    "MATLAB, columns": "A =\n\n  Columns 1 through 2\n\n     1     0\n    20     1\n\n  Column 3\n\n    -1\n"
    "     0\n\n",
    "Octave, columns": "A =\n\n Columns 1 and 2:\n\n    1    0\n   20    1\n\n Column 3:\n\n   -1\n    0\n\n",
    "Julia": "2×3 Matrix{Int64}:\n  1  0  -1\n 20  1   0\n",
    "Julia, older": "2×3 Array{Int64,2}:\n  1  0  -1\n 20  1   0\n",
}

PAGES = {
    "full-width": "１，０，－１；２０，１，０",
    "full-width brackets": "［［１，０，－１］，［２０，１，０］］",
    "full-width punctuation": "1，0，-1；20，1，0",
    "Japanese commas": "1、0、-1；20、1、0",
    "brackets in pieces": "⎡ 1  0  -1⎤\n⎢         ⎥\n⎣20  1   0⎦\n",
    "parentheses in pieces": "K = ⎛ 1  0  -1⎞\n    ⎝20  1   0⎠\n",
    "a drawn frame": "┌          ┐\n│  1  0 -1 │\n│ 20  1  0 │\n└          ┘\n",
    "bars at both ends": "|  1  0  -1 |\n| 20  1   0 |\n",
    "brackets at both ends": "[  1  0  -1 ]\n[ 20  1   0 ]\n",
    "a drawn box": "┌────┬───┬────┐\n│  1 │ 0 │ -1 │\n├────┼───┼────┤\n│ 20 │ 1 │  0 │\n└────┴───┴────┘\n",
    "a drawn box with names": "┏━━━━┳━━━┳━━━━┓\n┃ a  ┃ b ┃ c  ┃\n┡━━━━╇━━━╇━━━━┩\n│  1 │ 0 │ -1 │\n"
    "│ 20 │ 1 │  0 │\n└────┴───┴────┘\n",
    "MediaWiki": '{| class="wikitable"\n|-\n| 1 || 0 || -1\n|-\n| 20 || 1 || 0\n|}\n',
    "MediaWiki, a cell a line": "{|\n! a !! b !! c\n|-\n| 1\n| 0\n| -1\n|-\n| 20\n| 1\n| 0\n|}\n",
    "a spreadsheet's separator": "sep=;\n1;0;-1\n20;1;0\n",
    "a spreadsheet's separator, commas": "sep=,\n1,0,-1\n20,1,0\n",
}

TABLES = {
    "a CSV with an index": ",a,b,c\n0,1,0,-1\n1,20,1,0\n",
    "a CSV with an index under numbers": ",0,1,2\n0,1,0,-1\n1,20,1,0\n",
    "tabs with an index": "\ta\tb\tc\n0\t1\t0\t-1\n1\t20\t1\t0\n",
    "R's write.csv": '"","V1","V2","V3"\n"1",1,0,-1\n"2",20,1,0\n',
    "R's write.table": '"V1" "V2" "V3"\n"1" 1 0 -1\n"2" 20 1 0\n',
    "words beside and above": "name,a,b,c\nx,1,0,-1\ny,20,1,0\n",
    "pandas": "    a  b  c\n0   1  0 -1\n1  20  1  0\n",
    "pandas, numbered columns": "    0  1  2\n0   1  0 -1\n1  20  1  0\n",
    "pandas, an index with a name": "     a  b  c\nrow         \nx    1  0 -1\ny   20  1  0\n",
    "pandas in blocks": "    a  b  \\\n0   1  0   \n1  20  1   \n\n   c  \n0 -1  \n1  0  \n",
    "R's data frame": "  V1 V2 V3\n1  1  0 -1\n2 20  1  0\n",
    "Stata": "A[2,3]\n    c1  c2  c3\nr1   1   0  -1\nr2  20   1   0\n",
    "Markdown of pandas": "|    |   a |   b |   c |\n|---:|----:|----:|----:|\n|  0 |   1 |   0 |  -1 |\n"
    "|  1 |  20 |   1 |   0 |\n",
    "Markdown of pandas, numbered columns": "|    |   0 |   1 |   2 |\n|---:|----:|----:|----:|\n"
    "|  0 |   1 |   0 |  -1 |\n|  1 |  20 |   1 |   0 |\n",
    "LaTeX of pandas": "\\begin{tabular}{lrrr}\n\\toprule\n & a & b & c \\\\\n\\midrule\n0 & 1 & 0 & -1 \\\\\n"
    "1 & 20 & 1 & 0 \\\\\n\\bottomrule\n\\end{tabular}\n",
    "LaTeX of pandas, older": "\\begin{tabular}{lrrr}\n\\toprule\n{} &  a &  b &  c \\\\\n\\midrule\n"
    "0 &  1 &  0 & -1 \\\\\n"
    "1 & 20 &  1 &  0 \\\\\n\\bottomrule\n\\end{tabular}\n",
    "LaTeX with names, no index": "\\begin{tabular}{rrr}\n\\hline\na & b & c \\\\\n\\hline\n"
    "1 & 0 & -1 \\\\\n20 & 1 & 0 \\\\\n"
    "\\hline\n\\end{tabular}\n",
}

DECIMALS = {
    "C's suffix": "float k[2][3] = {{1.0f, 0.f, -1.0f}, {2e1f, 1.0F, 0.0f}};",
    "exponents of Fortran": "  0.1000D+01  0.0D0  -1.0d+00\n  2.0D+01  1D0  0.0D+00\n",
    "quotients": "[1.0/1.0, 0.0/3.0, -2.0/2.0]\n[40.0 / 2.0, 3.0/3.0, 0.0/5.0]",
    "MATLAB, a factor": "A =\n\n   1.0e+01 *\n\n    0.1000         0   -0.1000\n    2.0000    0.1000         0\n\n",
    "TensorFlow": "<tf.Tensor: shape=(2, 3), dtype=float32, numpy=\narray([[ 1.,  0., -1.],\n       [20.,  1.,  0.]],"
    " dtype=float32)>",
    "a decimal factor": "0.5 * [[2, 0, -2], [40, 2, 0]]",
    "OpenCV, a divisor": "(Mat_<float>(2,3) << 2, 0, -2, 40, 2, 0) / 2.0f;",
    "a transpose and a divisor": "[2 40; 0 2; -2 0]'/2.0",
    "a decimal divisor": "[2 0 -2; 40 2 0]/2.0",
}

EVERY = ROWS | CONSOLES | PROGRAMS | PRINTS | PAGES | TABLES
"""All texts in which the numbers stand as they are, whole."""
