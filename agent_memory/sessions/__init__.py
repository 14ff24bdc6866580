"""An agent's session: its conversation, its tokens, one turn at a time."""
