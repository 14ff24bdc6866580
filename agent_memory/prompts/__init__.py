"""The text that the model reads, and the parts of the text that it writes."""
