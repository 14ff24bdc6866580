"""Which token comes next: drawn, or held to a grammar or a budget."""
