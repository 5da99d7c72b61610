"""Exercises for students, made from a seed: questions with their answers, their working and the usual mistakes.

The answers are those of `layers`, `network` and `compute`, the mistakes those of `check`; a seed gives the same
exercises on every version of Python. Nothing here prints or reads a line.
"""
