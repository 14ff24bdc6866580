"""Codex, without a terminal."""

from collections.abc import Mapping, Sequence

from tests.clients.coding_agent import CodingAgent
from tests.clients.ran import Ran

_ALONE = ("--json", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox")
_SHORT = ("--disable", "multi_agent", "--disable", "goals")
"""Their tools are half of what Codex sends, and the first reading of it all is what takes long."""


class Codex(CodingAgent):
    program = "codex"

    def own_variables(self) -> Mapping[str, str]:
        return {"CODEX_HOME": str(self.home)}

    def ask(self, text: str, *options: str, thread: str | None = None) -> Ran:
        """One turn, of a new thread or of that one."""
        resumed = ("resume",) if thread else ()
        named = (thread,) if thread else ()
        return self.run("exec", *resumed, *_ALONE, *_SHORT, *options, *named, text)


def thread_of(ran: Ran) -> str:
    [started] = ran.of_type("thread.started")
    return str(started["thread_id"])


def items_of(ran: Ran, kind: str) -> Sequence[Mapping[str, object]]:
    """The finished items of one kind: `agent_message`, `command_execution`, `mcp_tool_call`."""
    done = (event["item"] for event in ran.of_type("item.completed"))
    return [item for item in done if item["type"] == kind]


def said_by(ran: Ran) -> list[object]:
    return [item["text"] for item in items_of(ran, "agent_message")]
