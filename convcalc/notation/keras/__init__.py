"""Keras's notation, read and written."""
