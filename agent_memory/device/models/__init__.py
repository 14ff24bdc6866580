"""A model's files: which is served, what they say, its weights, and whether it does what it should."""
