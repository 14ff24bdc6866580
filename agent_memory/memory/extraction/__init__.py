"""The content of raw text: conversations, diffs and logs read without a model."""
