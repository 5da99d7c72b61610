"""Text to matrices, in every dialect, slow and precise: each error has its place. `fast` has the quick twins."""
