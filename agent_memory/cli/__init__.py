"""The `agent-memory` command."""
