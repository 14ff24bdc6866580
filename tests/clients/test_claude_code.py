"""Claude Code: rounds of tools, a restart, sub-agents, pictures, deferred tools, a compaction."""

import json

from tests.acceptance.server import Server
from tests.clients.claude_code import ClaudeCode, called_by, result_of, results_of
from tests.clients.ran import Ran
from tests.clients.scripts import BACK, DONE, LAST
from tests.clients.usage import SHARE, Usage

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "number": {"type": "integer"}},
    "required": ["city", "number"],
    "additionalProperties": False,
}
SCOUT = {"scout": {"description": "Looks around.", "prompt": "You are a scout.", "tools": ["Bash"]}}


def session_of(ran: Ran) -> str:
    return str(result_of(ran)["session_id"])


def test_claude_code_runs_the_command_that_the_model_calls(claude_session: Ran) -> None:
    assert claude_session.code == 0, claude_session
    assert called_by(claude_session) == ["Bash"]
    assert results_of(claude_session) == ["@@done"]
    assert result_of(claude_session)["result"] == DONE


def test_claude_code_is_told_how_much_was_cached(claude_session: Ran, usage: Usage) -> None:
    session = session_of(claude_session)
    dialogue = usage.dialogue("claude: tool, kill -9, resume", session, at_least=2)

    told = result_of(claude_session)["usage"]
    cached = sum(each.cached for each in dialogue.requests)
    assert told["cache_read_input_tokens"] == cached
    assert told["input_tokens"] == sum(each.prompt for each in dialogue.requests) - cached
    assert min(dialogue.shares()) >= SHARE


def test_claude_code_resumes_a_session_after_the_server_was_killed(
    claude: ClaudeCode, claude_session: Ran, usage: Usage, restarted: Server
) -> None:
    session = session_of(claude_session)
    resumed = claude.ask("Go on: @@back", session=session)

    assert resumed.code == 0, resumed
    assert (session_of(resumed), result_of(resumed)["result"]) == (session, BACK)
    dialogue = usage.dialogue("claude: tool, kill -9, resume", session, at_least=3)
    assert min(dialogue.shares()) >= SHARE


def test_claude_code_gets_the_object_that_its_schema_describes(claude: ClaudeCode) -> None:
    ran = claude.ask("Please @@structured", "--json-schema", json.dumps(SCHEMA))

    assert result_of(ran)["structured_output"] == {"city": "Oslo", "number": 7}


def test_a_sub_agent_works_beside_its_parent(claude: ClaudeCode, usage: Usage) -> None:
    ran = claude.ask("Send a @@scout", "--agents", json.dumps(SCOUT), tools=("Bash", "Agent"))

    assert result_of(ran)["result"] == LAST
    assert result_of(ran)["subagent_stats"]["completed"] == 1
    dialogue = usage.dialogue("claude: parent of a sub-agent", session_of(ran), at_least=2)
    assert min(dialogue.shares()) >= SHARE


def test_a_picture_in_a_result_does_not_end_the_session(claude: ClaudeCode, usage: Usage) -> None:
    ran = claude.ask("Show me the @@picture", tools=("Bash", "Read"))
    again = claude.ask("Now @@back", session=session_of(ran), tools=("Bash", "Read"))

    assert called_by(ran) == ["Read", "Bash"]
    assert "image" in results_of(ran)[0]
    assert [result_of(each)["result"] for each in (ran, again)] == [DONE, BACK]
    dialogue = usage.dialogue("claude: a picture", session_of(ran), at_least=3)
    assert min(dialogue.shares()) >= SHARE


def test_a_tool_that_is_loaded_late_leaves_the_cache_whole(
    claude: ClaudeCode, usage: Usage
) -> None:
    ran = claude.ask("Please @@search", tools=("Bash", "ToolSearch", "NotebookEdit"))

    assert called_by(ran) == ["ToolSearch", "Bash", "NotebookEdit", "Bash"]
    assert result_of(ran)["result"] == DONE
    dialogue = usage.dialogue("claude: tool search", session_of(ran), at_least=3)
    assert min(dialogue.shares()) >= SHARE


def test_claude_code_compacts_its_history_and_goes_on(claude: ClaudeCode, usage: Usage) -> None:
    session = session_of(claude.ask("Please @@summary"))
    compacted = claude.ask("/compact", session=session)
    ended = claude.ask("And @@done", session=session)

    assert compacted.code == 0, compacted
    assert result_of(ended)["result"] == DONE, ended
    first, compaction, after = usage.dialogue("claude: a compaction", session, 3).requests
    assert compaction.cached >= SHARE * first.prompt
    assert after.prompt < compaction.prompt
