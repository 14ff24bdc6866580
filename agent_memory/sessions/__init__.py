"""What an agent's session is: its conversation, its tokens, one turn at a time."""
