"""A claimed answer compared with the right one: how far it is right, and which mistake gives exactly that answer.

A question (`size_question`, `count_question`, `matrix_question`) can compute its right answer and knows the mistakes
that are made in it (`mistakes`: rows of data); a mistake turns it into the question that was answered instead.
"""
