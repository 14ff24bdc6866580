"""agent_memory: KV caches that survive, and memory that recalls, for AI agents on Ray."""

__version__ = "0.1.0"
