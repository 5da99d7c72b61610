"""Text to matrices: every dialect, slowly and precisely, each error with its place."""
