"""The rows of a batch: their keys and values, and attention over them."""
