"""A model and its files: which is served, what they say, and whether it works as it should."""
