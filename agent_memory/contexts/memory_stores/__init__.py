"""Contexts in the words of Anthropic's memory stores."""
