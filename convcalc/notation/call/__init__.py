"""Python's call syntax: `Conv2d(3, 64, kernel_size=7)` to arguments bound to a signature, and back."""
