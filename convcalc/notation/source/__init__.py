"""Python source of a model: read through its syntax tree and followed step by step, never run."""
