"""Claude's memory tool over contexts: its files are contexts below one prefix."""
