"""KV blocks in files on the engine's disk."""
