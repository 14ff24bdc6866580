"""Items, the materials they come from, and the threads they belong to."""
