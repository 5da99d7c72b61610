"""One algorithm of convolution per module, all with the same five functions, held to the same cases."""
