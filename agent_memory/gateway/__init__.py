"""The chain that answers a turn: every link is a provider, and the model's own is the last."""
