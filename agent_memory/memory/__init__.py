"""What is worth keeping and what is worth saying now."""
