"""Working sets: the items that an agent should see for its work."""
