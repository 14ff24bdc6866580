"""Bodies of the routes of memory."""
