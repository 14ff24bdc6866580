"""How long each item is kept, and legal holds."""
