"""Embedding spaces, and what of an item is embedded."""
