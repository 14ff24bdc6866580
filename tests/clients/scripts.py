"""What the scripted model says to the clients.

A client's tools are called by a script that its user names. Their result names the next one: a
shell prints it, or the function returns it. A result that cannot name one stands before one that
does, in the same answer.
"""

import json
from pathlib import Path

from agent_memory.testing.scripted_model import make_scripted_folder
from tests.integration.device.small_tokenizers import HERMES

PICTURE, NOTEBOOK = "red.png", "notes.ipynb"
DONE = "The tool has run."
BACK = "I am back after the restart."
SUMMARY = "We have said hello."
LAST = "The agent has looked."
CLAUDE_FACT = "We decided to call the new harbour Zorvek."
CODEX_FACT = "We decided to paint the old lighthouse green."
_WINDOW = 65_536


def _call(name: str, **arguments: object) -> str:
    body = json.dumps({"name": name, "arguments": arguments})
    return f"<tool_call>\n{body}\n</tool_call>"


def _in_claude(name: str) -> str:
    """Claude Code's shell prints the name, which its command does not contain."""
    return _call("Bash", command=f"echo '@@''{name}'", description="Says what comes next")


def _in_codex(name: str) -> str:
    return _call("exec_command", cmd=f"echo '@@''{name}'")


def _both(first: str, second: str) -> str:
    return f"{first}\n{second}"


_SCOUT = {"description": "Looks around", "prompt": "Look: @@look", "subagent_type": "scout"}


def make_model(folder: Path, work: Path) -> Path:
    """A model whose window has room for what coding agents send before the first word.

    work: the folder that the agents work in.
    """
    return make_scripted_folder(folder, _scripts(work), HERMES, context_window=_WINDOW)


def _scripts(work: Path) -> dict[str, str]:
    return {
        "@@hello": "Hello from the script.",
        "@@done": DONE,
        "@@back": BACK,
        "@@summary": SUMMARY,
        "@@claude-shell": _in_claude("done"),
        "@@codex-shell": _in_codex("done"),
        "@@scout": _both(_call("Agent", **_SCOUT), _in_claude("waiting")),
        "@@look": "I looked: @@relay it.",
        "@@waiting": "I wait for it.",
        "@@relay": LAST,
        "@@structured": _call("StructuredOutput", city="Oslo", number=7),
        "@@picture": _both(_call("Read", file_path=str(work / PICTURE)), _in_claude("done")),
        "@@search": _both(
            _call("ToolSearch", query="select:NotebookEdit", max_results=3), _in_claude("loaded")
        ),
        "@@loaded": _both(
            _call(
                "NotebookEdit",
                notebook_path=str(work / NOTEBOOK),
                new_source="x",
                cell_type="code",
                edit_mode="insert",
            ),
            _in_claude("done"),
        ),
        "@@claude-remember": _both(
            _call("mcp__agent-memory__remember", text=CLAUDE_FACT), _in_claude("done")
        ),
        "@@claude-recall": _both(
            _call("mcp__agent-memory__recall", purpose="What is the new harbour called?"),
            _in_claude("done"),
        ),
        "@@codex-remember": _both(
            _call("mcp__agent_memory__remember", text=CODEX_FACT), _in_codex("done")
        ),
        "@@codex-recall": _both(
            _call("mcp__agent_memory__recall", purpose="Which colour has the lighthouse?"),
            _in_codex("done"),
        ),
        "@@function": _call("next_word", word="done"),
    }
