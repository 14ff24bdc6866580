"""What is asked of an agent and what it answers: messages, sampling, turns and their events."""
