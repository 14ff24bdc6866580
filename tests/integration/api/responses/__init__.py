"""The Responses API over a real database, read by OpenAI's own client."""
