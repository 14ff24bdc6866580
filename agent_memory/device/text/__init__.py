"""Text and tokens: templates, tokenizers, and what generated tokens say."""
