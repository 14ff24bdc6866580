"""OpenAI's Responses API: its requests as turns, and turns as its responses."""
