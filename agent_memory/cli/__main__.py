"""`python -m agent_memory.cli`: the `agent-memory` command."""

from agent_memory.cli.main import app

if __name__ == "__main__":
    app()
