"""What the model reads, and what is found in what it writes."""
