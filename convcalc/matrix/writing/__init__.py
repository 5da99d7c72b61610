"""Matrices to text and files, every digit of them."""
