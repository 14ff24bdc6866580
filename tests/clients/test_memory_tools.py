"""Memory as tools of Codex and Claude Code, over HTTP and as a process."""

import json
from collections.abc import Callable

from tests.acceptance.server import Server
from tests.clients.claude_code import MEMORY_TOOLS, ClaudeCode, called_by, result_of, results_of
from tests.clients.codex import Codex, items_of, said_by, thread_of
from tests.clients.ran import Ran
from tests.clients.remembering import add_as_process_to_claude
from tests.clients.scripts import CLAUDE_FACT, CODEX_FACT, DONE


def test_claude_code_finds_the_memory_over_http(claude_with_memory: ClaudeCode) -> None:
    listed = claude_with_memory.command("mcp", "list")

    assert "agent-memory" in listed.said
    assert "Connected" in listed.said, listed


def test_claude_code_remembers(claude_remembered: Ran) -> None:
    assert called_by(claude_remembered) == ["mcp__agent-memory__remember", "Bash"]
    remembered = json.loads(results_of(claude_remembered)[0])
    assert remembered["added"] == len(remembered["ids"]) > 0
    assert result_of(claude_remembered)["result"] == DONE


def test_claude_code_recalls_in_another_session_after_the_server_was_killed(
    claude_at: Callable[[str], ClaudeCode], claude_remembered: Ran, restarted: Server
) -> None:
    claude = claude_at("claude-process")
    added = add_as_process_to_claude(claude, restarted)
    assert added.code == 0, added

    recalled = claude.ask("Please @@claude-recall", allowed=MEMORY_TOOLS)

    assert called_by(recalled) == ["mcp__agent-memory__recall", "Bash"]
    assert CLAUDE_FACT in results_of(recalled)[0]


def test_codex_finds_the_memory_over_http(codex_with_memory: Codex) -> None:
    listed = codex_with_memory.command("mcp", "list")

    assert "agent-memory" in listed.said
    assert "enabled" in listed.said, listed


def test_codex_remembers(codex_remembered: Ran) -> None:
    [call] = items_of(codex_remembered, "mcp_tool_call")
    assert (call["server"], call["tool"], call["status"]) == (
        "agent-memory",
        "remember",
        "completed",
    )
    assert said_by(codex_remembered) == [DONE]


def test_codex_recalls_in_another_thread_after_the_server_was_killed(
    codex_with_memory: Codex, codex_remembered: Ran, restarted: Server
) -> None:
    recalled = codex_with_memory.ask("Please @@codex-recall")

    assert thread_of(recalled) != thread_of(codex_remembered)
    [call] = items_of(recalled, "mcp_tool_call")
    assert (call["tool"], call["status"]) == ("recall", "completed")
    assert CODEX_FACT in str(call["result"])
