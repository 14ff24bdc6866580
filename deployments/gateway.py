"""`serve run cluster/serve.yaml`: all surfaces and their actors on an existing cluster."""

from agent_memory.host.cluster import build

__all__ = ["build"]
