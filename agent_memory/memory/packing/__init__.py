"""Recalled items as a text within a budget of tokens."""
