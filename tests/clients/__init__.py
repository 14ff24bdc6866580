"""Real clients of others, as people install them, in dialogues with a real server."""
