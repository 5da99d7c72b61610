"""PyTorch's notation: calls, what `print(model)` shows, and the way back."""
