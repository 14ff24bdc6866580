"""Each agent with models of the other vendor's protocol, behind our server."""

import json
from typing import Any

from agent_memory.testing.upstream.acts import Received
from agent_memory.testing.upstream.server import ScriptedUpstream
from tests.clients.claude_code import ClaudeCode, result_of, results_of
from tests.clients.codex import Codex, items_of, said_by
from tests.clients.far_models import ANTHROPIC, HEARD, OPENAI, calls_then_speaks
from tests.clients.usage import SHARE


def body_of(request: Received) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(request.body)
    return body


def test_claude_code_works_with_a_model_of_openais_protocol(
    claude: ClaudeCode, far: ScriptedUpstream
) -> None:
    calls_then_speaks(far, "Bash", command="echo from afar", description="Says it")

    ran = claude.ask("Please begin", "--model", f"{OPENAI}/large")

    assert (results_of(ran), result_of(ran)["result"]) == (["from afar"], HEARD), ran
    first, second = far.asked
    assert {each.path for each in far.asked} == {"/v1/chat/completions"}
    *_, call, result = body_of(second)["messages"]
    assert call["tool_calls"][0]["function"]["name"] == "Bash"
    assert (result["role"], result["content"]) == ("tool", "from afar")
    assert second.cached_tokens >= SHARE * first.prompt_tokens
    told = result_of(ran)["usage"]
    assert told["cache_read_input_tokens"] == first.cached_tokens + second.cached_tokens


def test_codex_works_with_a_model_of_anthropics_protocol(
    codex: Codex, far: ScriptedUpstream
) -> None:
    calls_then_speaks(far, "exec_command", cmd="echo from afar")

    ran = codex.ask("Please begin", "-m", f"{ANTHROPIC}/large")

    assert said_by(ran) == [HEARD], ran
    [command] = items_of(ran, "command_execution")
    assert command["aggregated_output"] == "from afar\n"
    first, second = far.asked
    assert {each.path for each in far.asked} == {"/v1/messages"}
    *_, call, result = body_of(second)["messages"]
    assert call["content"][-1]["name"] == "exec_command"
    assert "from afar" in str(result["content"][0])
    assert second.cached_tokens >= SHARE * first.prompt_tokens
    [turn] = ran.of_type("turn.completed")
    assert turn["usage"]["cached_input_tokens"] == first.cached_tokens + second.cached_tokens
