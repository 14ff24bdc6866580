"""Times as programs write them, and days as people speak of them."""
