"""The arithmetic: real convolutions and poolings of real arrays.

`convolve` and `pool` are the two ways in; `boundary` extends an array beyond zeros; `exact` decides in which numbers
to compute. The rooms above know shapes and text; these modules know arrays only, and neither print nor read files.
"""
