"""Stack traces, one language a file."""
