"""Memory: the items worth keeping, and those worth saying now."""
