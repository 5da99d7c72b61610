"""Whole types that a text states: numbers that the type has stay as they are, all others are refused."""

from __future__ import annotations

import pytest

from convcalc.errors import DataError
from convcalc.matrix.text import parse_matrix

HELD = {
    "np.array([[1, 255]], dtype=np.uint8)": [[1, 255]],
    "np.array([[1., 2.]], dtype=int)": [[1.0, 2.0]],
    "np.array([3000000000, 1], int)": [3000000000, 1],
    "np.array([100, 2], dtype=np.uint8) / 4": [25, 0.5],
    "np.array([1, 1], dtype=bool) * 3": [3, 3],
    "np.eye(2, dtype=bool)": [[1, 0], [0, 1]],
    "np.array([1.5, 2], dtype=np.longdouble)": [1.5, 2.0],
    "torch.FloatTensor([1.5, 2])": [1.5, 2.0],
    "int k[2] = {00, -01};": [0, -1],
    "int k[2] = {1.0f, 2.0f};": [1.0, 2.0],
    "float k[3] = {1.5f, 1e-010, 300};": [1.5, 1e-10, 300.0],
    "char k[2] = {-128, 255};": [-128, 255],
    "unsigned long k[1] = {3000000000};": [3000000000],
    "[2]int{3000000000, 2}": [3000000000, 2],
    "const k = [[1.5, 300]];": [[1.5, 300.0]],
    "(cv::Mat_<float>(1, 2) << 1, 2.5)": [[1.0, 2.5]],
}
REFUSED = {
    "np.array([[1.7, 2]], dtype=int)": ("1:12", "the type is int, but 1.7 is not a whole number"),
    "np.array([[1, 2]], dtype=bool)": ("1:15", "the type is bool, 0 to 1, but the number is 2"),
    "np.array([255, 256], dtype=np.uint8)": ("1:16", "the type is uint8, 0 to 255, but the number is 256"),
    "np.array([3, -1], np.uint8)": ("1:14", "the type is uint8, 0 to 255, but the number is -1"),
    "array([300, 2], dtype='u1')": ("1:8", "the type is u1, 0 to 255, but the number is 300"),
    "tensor([[1, 2.5]], dtype=torch.int32)": ("1:13", "the type is int32, but 2.5 is not a whole number"),
    "np.array([1.5, 2], dtype='i')": ("1:11", "the type is i, but 1.5 is not a whole number"),
    "np.array([1, 256], 'B')": ("1:14", "the type is B, 0 to 255, but the number is 256"),
    "np.array([1.5, 2], dtype=np.dtype('int32'))": ("1:11", "the type is int32, but 1.5 is not a whole number"),
    "np.array([[1, 300], [3, 4]], dtype='<u1').T": ("1:15", "the type is u1, 0 to 255, but the number is 300"),
    "tf.constant([1/16, 2], tf.int32)": ("1:14", "the type is int32, but 1/16 is not a whole number"),
    "np.array([1, nan], dtype=int)": ("1:14", "the type is int, but nan is not a whole number"),
    "torch.LongTensor([1.5, 2])": ("1:19", "the type is Long, but 1.5 is not a whole number"),
    "np.full((2, 2), 300, dtype=np.uint8)": ("1:1", "the type is uint8, 0 to 255, but the number is 300"),
    "np.array([100, 2], dtype=np.uint8) * 3": ("1:11", r"the type is uint8, 0 to 255, but the number is 100 \* 3"),
    "int a[2]={1, 2.9}": ("1:14", "the type is int, but 2.9 is not a whole number"),
    "int k[2] = {3000000000, 2};": ("1:13", "the type is int, -2147483648 to 2147483647, but the number is 30"),
    "unsigned char a[2]={255, -1}": ("1:26", "the type is unsigned char, 0 to 255, but the number is -1"),
    "static unsigned k[1] = {-1}": ("1:25", "the type is unsigned, 0 to 4294967295, but the number is -1"),
    "signed char a[1]={200}": ("1:19", "the type is signed char, -128 to 127, but the number is 200"),
    "std::vector<std::uint8_t> k = {1, 300};": ("1:35", "the type is uint8_t, 0 to 255, but the number is 300"),
    "let k: [[u8; 2]; 1] = [[1, 300]];": ("1:28", "the type is u8, 0 to 255, but the number is 300"),
    "Int8[1 300; 2 3]": ("1:8", "the type is Int8, -128 to 127, but the number is 300"),
    "[2]uint8{1, 300}": ("1:13", "the type is uint8, 0 to 255, but the number is 300"),
    "(Mat_<uchar>(1, 2) << 1, 300)": ("1:26", "the type is uchar, 0 to 255, but the number is 300"),
    "Matrix2i m; m << 1, 2, 3.5, 4;": ("1:24", "the type is int, but 3.5 is not a whole number"),
    "int a[2]={8, 010}": ("1:14", "010 is an octal number in C and its kin"),
    "float a[2]={1.5, 011}": ("1:18", "011 is an octal number in C and its kin"),
    "float k[2] = {1/2, 1};": ("1:15", "1/2 is 0 in C and its kin"),
    "std::vector<double> k = {1, 7 / 3};": ("1:29", "7 / 3 is 2 in C and its kin"),
    "(Mat_<float>(1, 2) << 1/2, 2)": ("1:23", "1/2 is 0 in C and its kin"),
}


@pytest.mark.parametrize("text", HELD)
def test_numbers_that_the_type_has_stay_as_they_are(text: str) -> None:
    array = parse_matrix(text, place="m.txt").array
    assert array.tolist() == HELD[text]


@pytest.mark.parametrize("text", REFUSED)
def test_numbers_that_the_type_does_not_have_are_refused_at_their_place(text: str) -> None:
    place, message = REFUSED[text]
    with pytest.raises(DataError, match=message) as caught:
        parse_matrix(text, place="m.txt")
    assert caught.value.place == f"m.txt:{place}"
    assert caught.value.hint
