"""Memory in other people's frameworks."""

import pytest
from agent_memory_client import AsyncClient, Client
from agent_memory_client.adapters.langgraph import MemoryStore
from agent_memory_client.adapters.pydantic_ai import memory_toolset
from anthropic.lib.tools import BetaAbstractMemoryTool, ToolError
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.store.base import BaseStore
from pydantic_ai import Agent
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from agent_memory.testing.runtime import TEST_KEY


def test_claudes_memory_tool_lasts_beyond_its_client(client: Client, url: str) -> None:
    tool = client.memory_tool()
    assert isinstance(tool, BetaAbstractMemoryTool)
    assert tool.to_dict() == {"type": "memory_20250818", "name": "memory"}
    tool.call({"command": "create", "path": "/memories/a/plan.md", "file_text": "Tea.\nMilk.\n"})
    tool.call(
        {
            "command": "str_replace",
            "path": "/memories/a/plan.md",
            "old_str": "Tea",
            "new_str": "Coffee",
        }
    )
    tool.call(
        {
            "command": "insert",
            "path": "/memories/a/plan.md",
            "insert_line": 1,
            "insert_text": "Sugar.\n",
        }
    )
    with Client(url, TEST_KEY) as other:
        again = other.memory_tool()
        assert again.call({"command": "view", "path": "/memories"}) == (
            "Here're the files and directories in /memories:\n/memories/a/plan.md"
        )
        assert again.call({"command": "view", "path": "/memories/a/plan.md"}) == (
            "Here's the content of /memories/a/plan.md with line numbers:\n"
            "     1\tCoffee.\n     2\tSugar.\n     3\tMilk."
        )
        again.call({"command": "rename", "old_path": "/memories/a", "new_path": "/memories/b"})
        shown = again.call(
            {"command": "view", "path": "/memories/b/plan.md", "view_range": [2, -1]}
        )
        assert str(shown).endswith("     2\tSugar.\n     3\tMilk.")
        assert "Coffee" in other.memory.recall("What is in the plan?").text
        again.call({"command": "delete", "path": "/memories/b"})
        assert list(other.files().list()) == []


@pytest.mark.parametrize(
    "command",
    [
        {"command": "view", "path": "/etc/passwd"},
        {"command": "view", "path": "/memories/../etc"},
        {"command": "view", "path": "/memories/none.md"},
        {"command": "create", "path": "/memories/held.md", "file_text": "x"},
        {"command": "delete", "path": "/memories"},
        {"command": "delete", "path": "/memories/none.md"},
        {"command": "str_replace", "path": "/memories/held.md", "old_str": "z", "new_str": "y"},
        {"command": "str_replace", "path": "/memories/held.md", "old_str": "a", "new_str": "y"},
        {"command": "insert", "path": "/memories/held.md", "insert_line": 9, "insert_text": "y"},
        {"command": "rename", "old_path": "/memories/none", "new_path": "/memories/x"},
    ],
)
def test_what_the_memory_tool_cannot_do_is_an_error_for_the_model(
    client: Client, command: dict[str, object]
) -> None:
    tool = client.memory_tool()
    tool.call({"command": "create", "path": "/memories/held.md", "file_text": "a a"})
    with pytest.raises(ToolError):
        tool.call(command)
    assert client.files().read("/memories/held.md") == "a a"


def test_a_graph_keeps_its_store(client: Client, url: str) -> None:
    def note(state: MessagesState, store: BaseStore) -> MessagesState:
        store.put(("users", "ann/1"), "tea", {"likes": "tea", "cups": 2})
        return state

    graph = StateGraph(MessagesState)
    graph.add_node("note", note)
    graph.add_edge(START, "note")
    graph.compile(store=MemoryStore(client)).invoke({"messages": []})
    with Client(url, TEST_KEY) as other:
        store = MemoryStore(other)
        item = store.get(("users", "ann/1"), "tea")
        assert item is not None
        assert item.value == {"likes": "tea", "cups": 2}
        store.put(("users", "ann/1"), "tea", {"likes": "coffee", "cups": 3})
        store.put(("users", "bob"), "tea", {"likes": "milk"})
        assert [one.value["likes"] for one in store.search(("users", "ann/1"))] == ["coffee"]
        assert [one.key for one in store.search(("users",), query="coffee")] == ["tea"]
        assert [one.value for one in store.search(("users",), filter={"cups": 3})] == [
            {"likes": "coffee", "cups": 3}
        ]
        assert store.list_namespaces(prefix=("users",)) == [("users", "ann/1"), ("users", "bob")]
        assert store.list_namespaces(suffix=("bob",)) == [("users", "bob")]
        store.delete(("users", "bob"), "tea")
        assert store.get(("users", "bob"), "tea") is None


async def test_an_agent_of_pydantic_ai_remembers_and_recalls(async_client: AsyncClient) -> None:
    def model(messages: list[ModelMessage], _: AgentInfo) -> ModelResponse:
        match len(messages):
            case 1:
                text = "We decided to use Redis."
                return ModelResponse([ToolCallPart("remember", {"text": text})])
            case 3:
                return ModelResponse([ToolCallPart("recall", {"purpose": "Redis"})])
            case _:
                return ModelResponse([TextPart(str(messages[-1].parts[0].content))])  # type: ignore[union-attr]

    agent = Agent(FunctionModel(model), toolsets=[memory_toolset(async_client)])
    answer = (await agent.run("What do we use?")).output
    assert "Redis" in answer
    assert answer.startswith("<recalled_memory>")
