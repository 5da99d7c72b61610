"""Pooling of arrays: in memory, in pieces of a file, values and indices."""
