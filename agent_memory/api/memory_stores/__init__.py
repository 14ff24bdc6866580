"""Anthropic's memory stores over contexts."""
