"""Claude's memory tool over contexts: commands and their answers."""

import json
from typing import Any

import pytest

from agent_memory.contexts.context import Cause
from agent_memory.contexts.document import Document, Format
from agent_memory.contexts.draft import Draft
from agent_memory.contexts.memory_tool.files import MemoryFiles, ToolOutcome
from agent_memory.contexts.service.contexts import Contexts
from agent_memory.contexts.service.pen import Writer
from agent_memory.ids import ContextKey, WorkspaceId
from agent_memory.testing.dict_contexts import dict_contexts

BY = Writer(WorkspaceId("ours"), "key_1")


class Model:
    """Calls the tool as a model does."""

    def __init__(self) -> None:
        self.contexts: Contexts = dict_contexts([bytes(32)])
        self.files = MemoryFiles(self.contexts.reader, self.contexts.writer)

    async def call(self, command: str, **further: Any) -> ToolOutcome:
        arguments = json.dumps({"command": command, **further})
        return await self.files.run(BY, "memories", arguments)

    async def told(self, command: str, **further: Any) -> str:
        outcome = await self.call(command, **further)
        assert not outcome.is_error, outcome.text
        return outcome.text

    async def refused(self, command: str, **further: Any) -> str:
        outcome = await self.call(command, **further)
        assert outcome.is_error, outcome.text
        return outcome.text

    async def text(self, key: str, version: int | None = None) -> str:
        read = await self.contexts.reader.get(BY.workspace, ContextKey(key), version)
        return read.document.body.decode()


@pytest.fixture
def model() -> Model:
    return Model()


async def test_a_file_is_created_once_and_viewed_with_line_numbers(model: Model) -> None:
    path = "/memories/notes/a.md"
    assert await model.told("create", path=path, file_text="one\ntwo\nthree") == (
        "File created successfully at: /memories/notes/a.md"
    )
    assert await model.refused("create", path=path, file_text="x") == f"File {path} already exists"
    assert await model.told("view", path=path) == (
        f"Here's the content of {path} with line numbers:\n     1\tone\n     2\ttwo\n     3\tthree"
    )
    assert await model.told("view", path=path, view_range=[2, 2]) == (
        f"Here's the content of {path} with line numbers:\n     2\ttwo"
    )
    assert (await model.told("view", path=path, view_range=[2, -1])).endswith(
        "2\ttwo\n     3\tthree"
    )
    assert await model.text("memories/notes/a.md") == "one\ntwo\nthree"


async def test_a_folder_is_listed_two_levels_deep_with_sizes(model: Model) -> None:
    assert await model.told("view", path="/memories") == (
        "Here're the files and directories up to 2 levels deep in /memories, excluding hidden "
        "items and node_modules:\n0B\t/memories"
    )
    for path, size in {"a.md": 10, "n/b.md": 1536, "n/deep/c.md": 5, ".hidden": 9}.items():
        await model.told("create", path=f"/memories/{path}", file_text="x" * size)
    rows = (await model.told("view", path="/memories/")).split("\n")[1:]
    assert rows == [
        "1.5K\t/memories",
        "10B\t/memories/a.md",
        "1.5K\t/memories/n/",
        "1.5K\t/memories/n/b.md",
        "5B\t/memories/n/deep/",
    ]
    assert await model.refused("view", path="/memories/none") == (
        "The path /memories/none does not exist. Please provide a valid path."
    )


async def test_a_string_that_occurs_once_is_replaced(model: Model) -> None:
    path = "/memories/a.md"
    await model.told("create", path=path, file_text="1\n2\nred\n4\n5\nblue\nblue")
    assert await model.told("str_replace", path=path, old_str="red", new_str="green") == (
        "The memory file has been edited. Here is the snippet showing the change (with line "
        "numbers):\n     1\t1\n     2\t2\n     3\tgreen\n     4\t4\n     5\t5"
    )
    assert await model.refused("str_replace", path=path, old_str="red", new_str="x") == (
        f"No replacement was performed, old_str `red` did not appear verbatim in {path}."
    )
    assert await model.refused("str_replace", path=path, old_str="blue", new_str="x") == (
        "No replacement was performed. Multiple occurrences of old_str `blue` in lines: 6, 7. "
        "Please ensure it is unique"
    )
    assert "does not exist" in await model.refused(
        "str_replace", path="/memories/b.md", old_str="a", new_str="b"
    )
    assert await model.text("memories/a.md", 1) == "1\n2\nred\n4\n5\nblue\nblue"
    assert await model.text("memories/a.md", 2) == "1\n2\ngreen\n4\n5\nblue\nblue"


async def test_lines_are_inserted_after_a_line(model: Model) -> None:
    path = "/memories/a.md"
    await model.told("create", path=path, file_text="one\nthree\n")
    assert await model.told("insert", path=path, insert_line=1, insert_text="two\n") == (
        f"The file {path} has been edited."
    )
    assert await model.text("memories/a.md") == "one\ntwo\nthree\n"
    assert await model.refused("insert", path=path, insert_line=9, insert_text="x") == (
        "Invalid `insert_line` parameter: 9. It should be within the range of lines of the file: "
        "[0, 3]"
    )


async def test_files_and_folders_are_deleted_and_renamed(model: Model) -> None:
    for path in ("a.md", "n/b.md", "n/deep/c.md"):
        await model.told("create", path=f"/memories/{path}", file_text=path)
    assert await model.refused("rename", old_path="/memories/a.md", new_path="/memories/n") == (
        "The destination /memories/n already exists"
    )
    assert await model.told("rename", old_path="/memories/n", new_path="/memories/m/k") == (
        "Successfully renamed /memories/n to /memories/m/k"
    )
    assert await model.text("memories/m/k/deep/c.md", 1) == "n/deep/c.md"
    assert await model.told("delete", path="/memories/m") == "Successfully deleted /memories/m"
    assert await model.refused("delete", path="/memories/m") == (
        "The path /memories/m does not exist"
    )
    assert await model.refused("rename", old_path="/memories/m", new_path="/memories/x") == (
        "The path /memories/m does not exist"
    )
    assert await model.text("memories/a.md") == "a.md"
    for command in ({"command": "delete", "path": "/memories"},):
        assert "itself" in await model.refused(**command)


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "/memoriesx/a",
        "memories/a",
        "/memories/../secret",
        "/memories/a/../../b",
        "/memories/%2e%2e/b",
        "/memories/%252e%252e%252fb",
        "/memories/..\\b",
        "/memories//a",
        "/memories/a\u202eb",
        "/memories/a/versions",
    ],
)
async def test_nothing_is_reached_outside_the_root(model: Model, path: str) -> None:
    secret = Draft(ContextKey("secret"), Document.of(Format.TEXT, b"canary"), Cause.PUT)
    await model.contexts.writer.put(BY, secret)
    assert "canary" not in await model.refused("view", path=path)
    await model.refused("create", path=path, file_text="x")
    await model.refused("delete", path=path)


async def test_an_encrypted_context_is_not_read_by_a_model(model: Model) -> None:
    document = Document.of(Format.TEXT, b"canary")
    draft = Draft(ContextKey("memories/key"), document, is_sealed=True)
    await model.contexts.writer.put(BY, draft)
    assert "canary" not in await model.refused("view", path="/memories/key")
    edit = {"path": "/memories/key", "old_str": "canary", "new_str": "x"}
    assert "encrypted" in await model.refused("str_replace", **edit)


async def test_a_call_that_is_no_command_is_told_so(model: Model) -> None:
    for arguments in ("", "{", "[]", '{"command": "format"}', '{"command": "create", "path": 1}'):
        outcome = await model.files.run(BY, "memories", arguments)
        assert outcome.is_error
