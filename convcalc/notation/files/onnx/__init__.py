"""ONNX: its wire format, the tensors and nodes in it, and the layers that its operators are."""
