"""Rows in, rows out: convolution and pooling of a matrix that is never whole in memory."""
