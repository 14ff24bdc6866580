"""Claude Code, without a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.clients.coding_agent import CodingAgent
from tests.clients.ran import Ran

MEMORY_TOOLS = ("mcp__agent-memory__remember", "mcp__agent-memory__recall")

_PATIENT = {"CLAUDE_CODE_MCP_STARTUP_WAIT_MS": "60000", "MCP_TIMEOUT": "120000"}
"""A session begins without the tools of a server that takes long to start, unless it is to wait."""


class ClaudeCode(CodingAgent):
    program = "claude"

    def own_variables(self) -> Mapping[str, str]:
        return {
            "CLAUDE_CONFIG_DIR": str(self.home),
            "DISABLE_AUTOUPDATER": "1",
            **_PATIENT,
            "CLAUDE_CODE_MAX_OUTPUT_TOKENS": "2000",
        }

    def ask(
        self,
        text: str,
        *options: str,
        session: str | None = None,
        tools: Sequence[str] = ("Bash",),
        allowed: Sequence[str] = (),
    ) -> Ran:
        """One turn, of a new session or of that one; `tools` are allowed without a question.

        Its own system prompt is left out: the first reading of it would take minutes.
        """
        resumed = ("--resume", session) if session else ()
        return self.run(
            *("-p", text, "--output-format", "stream-json", "--verbose"),
            *("--system-prompt", "You are a test.", *resumed, *options),
            *("--tools", ",".join(tools), "--allowedTools", ",".join((*tools, *allowed))),
        )


def result_of(ran: Ran) -> dict[str, Any]:
    """The last line: `result`, `session_id`, `usage`, `structured_output`."""
    return ran.of_type("result")[-1]


def called_by(ran: Ran) -> list[str]:
    return [block["name"] for block in _blocks(ran, "assistant") if block["type"] == "tool_use"]


def results_of(ran: Ran) -> list[str]:
    """What its tools returned, as text."""
    return [
        _text(block["content"]) for block in _blocks(ran, "user") if block["type"] == "tool_result"
    ]


def _blocks(ran: Ran, role: str) -> list[dict[str, Any]]:
    contents = (event["message"]["content"] for event in ran.of_type(role))
    return [block for content in contents if isinstance(content, list) for block in content]


def _text(content: str | list[dict[str, Any]]) -> str:
    if isinstance(content, str):
        return content
    return "".join(str(block.get("text", block)) for block in content)
