"""The short notation, which needs no quotes in a shell."""
