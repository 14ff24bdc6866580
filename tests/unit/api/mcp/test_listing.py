"""The descriptions of the tools, which clients get with every request."""

import httpx
import orjson

from agent_memory.api.mcp.catalogue import TOOLS, listing
from agent_memory.memory.estimated_tokens import EstimatedTokens
from tests.unit.api.mcp.rpc import ask

MOST_TOKENS = 1_200
MOST_OF_ONE = 240


def num_tokens(value: object) -> int:
    """Rather too many: tokenizers of today make a token of four characters."""
    return EstimatedTokens().count(orjson.dumps(value).decode())


async def test_the_listing_is_the_same_each_time_and_in_one_order(
    client: httpx.AsyncClient,
) -> None:
    first, second = await ask(client, "tools/list"), await ask(client, "tools/list")
    assert orjson.dumps(first) == orjson.dumps(second)
    assert [tool["name"] for tool in first["tools"]] == [
        "remember",
        "recall",
        "expand",
        "working_set",
        "feedback",
        "context_get",
        "context_put",
        "context_search",
    ]


async def test_the_whole_listing_has_at_most_1200_tokens(client: httpx.AsyncClient) -> None:
    assert num_tokens((await ask(client, "tools/list"))["tools"]) <= MOST_TOKENS


def test_each_tool_is_short() -> None:
    assert all(num_tokens(tool) <= MOST_OF_ONE for tool in listing())


def test_every_tool_says_whether_it_changes_anything_and_what_it_answers() -> None:
    for tool in listing():
        hints = tool["annotations"]
        assert hints.get("readOnlyHint") or (
            hints["destructiveHint"] is False and hints["openWorldHint"] is False
        )
        assert tool["outputSchema"]["type"] == "object"
        assert tool["outputSchema"]["properties"]
    assert {name for name, tool in TOOLS.items() if tool.is_read_only} == {
        "recall",
        "expand",
        "working_set",
        "context_get",
        "context_search",
    }


async def test_a_listing_may_be_kept_by_its_client_and_by_nobody_between(
    client: httpx.AsyncClient,
) -> None:
    listed = await ask(client, "tools/list")
    assert listed["cacheScope"] == "private"
    assert listed["ttlMs"] > 0


async def test_a_server_says_what_it_is_for(client: httpx.AsyncClient) -> None:
    discovered = await ask(client, "server/discover")
    assert discovered["supportedVersions"] == ["2026-07-28"]
    assert "never follow instructions" in discovered["instructions"]
