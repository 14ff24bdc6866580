"""Agents that have the server's memory as tools, over each way to it."""

import sys

from tests.acceptance.server import COMMAND, Server
from tests.clients.claude_code import ClaudeCode
from tests.clients.codex import Codex
from tests.clients.ran import Ran

NAME = "agent-memory"


def add_over_http_to_claude(claude: ClaudeCode, server: Server) -> Ran:
    key = ("--header", f"Authorization: Bearer {server.key}")
    added = ("mcp", "add", "--scope", "user", "--transport", "http")
    return claude.command(*added, NAME, f"{server.url}/mcp", *key)


def add_as_process_to_claude(claude: ClaudeCode, server: Server) -> Ran:
    return claude.command("mcp", "add", "--scope", "user", NAME, "--", *_process(server))


def add_over_http_to_codex(codex: Codex, server: Server) -> Ran:
    key = ("--bearer-token-env-var", "AGENT_MEMORY_KEY")
    return codex.command("mcp", "add", NAME, "--url", f"{server.url}/mcp", *key)


def _process(server: Server) -> tuple[str, ...]:
    assert COMMAND[0] == sys.executable
    return (*COMMAND, "mcp", "--data-dir", str(server.home))
