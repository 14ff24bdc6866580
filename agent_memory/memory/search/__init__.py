"""Search: the items that a question finds, and their scores."""
