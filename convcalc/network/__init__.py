"""Questions about a network: sizes, receptive fields, cost, the region a cell sees, and backwards."""
