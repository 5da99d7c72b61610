"""A network as somebody wrote it: layers with their places in a text, what that text leaves open, what it assumes."""
