"""What answers a turn: a chain of links that all are providers, with the model's at its end."""
