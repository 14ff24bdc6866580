"""all-MiniLM-L6-v2 in numpy: a sentence as 384 numbers, without torch."""
