"""The mistakes that are known, as rows of data: one list for sizes, one for counts, one for values."""
