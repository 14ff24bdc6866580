"""Which memories say the same, and which took the place of others: plans that can be undone."""
