"""What raw text holds: conversations, diffs and logs read without a model."""
