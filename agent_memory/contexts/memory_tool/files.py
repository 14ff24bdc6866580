"""The memory tool: its commands carried out on contexts."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import assert_never

from agent_memory.contexts.condition import ANY, Condition
from agent_memory.contexts.document import Document, Format
from agent_memory.contexts.draft import Draft
from agent_memory.contexts.filter import Filter
from agent_memory.contexts.memory_tool.commands import (
    Command,
    Create,
    Delete,
    Insert,
    Rename,
    StrReplace,
    View,
    read_command,
)
from agent_memory.contexts.memory_tool.paths import ROOT, ToolPath, tool_path
from agent_memory.contexts.memory_tool.problem import ToolProblem
from agent_memory.contexts.memory_tool.texts import (
    MAX_LINES,
    listing,
    numbered_file,
    snippet_after,
)
from agent_memory.contexts.service.pen import Writer
from agent_memory.contexts.service.reader import ContextReader
from agent_memory.contexts.service.writer import ContextWriter
from agent_memory.errors import AgentMemoryError, Conflict, NotFound, PreconditionFailed
from agent_memory.ids import ContextKey

MAX_SHOWN = 256 * 1024
"""Characters of one answer: more would fill the context window."""
_PAGE = 500
_NEW = Condition(matches_none=(ANY,))


@dataclass(frozen=True, slots=True)
class ToolOutcome:
    """What the model is told."""

    text: str
    is_error: bool = False


@dataclass(slots=True)
class _Edit:
    """A change of a text, made within the transaction that writes it."""

    change: Callable[[str], tuple[str, str]]
    told: str = field(default="", init=False)

    def __call__(self, document: Document) -> Document:
        text, self.told = self.change(_text(document))
        if document.format is Format.JSON and not _is_json(text):
            return Document.of(Format.TEXT, text.encode())
        return Document(document.format, document.media_type, text.encode())


class MemoryFiles:
    """Every command is one transaction, so that it happens whole or not at all."""

    def __init__(self, reader: ContextReader, writer: ContextWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def run(self, by: Writer, prefix: str, arguments: str) -> ToolOutcome:
        """One call. prefix: of the keys of the files. What goes wrong is told to the model."""
        try:
            text = await self._run(by, prefix, read_command(arguments))
        except ToolProblem as problem:
            return ToolOutcome(str(problem), is_error=True)
        except AgentMemoryError as error:
            return ToolOutcome(f"The command failed: {error}", is_error=True)
        if len(text) > MAX_SHOWN:
            cut = f"\n[cut after {MAX_SHOWN} characters; use view_range]"
            return ToolOutcome(text[:MAX_SHOWN] + cut)
        return ToolOutcome(text)

    async def _run(self, by: Writer, prefix: str, command: Command) -> str:
        match command:
            case View(path=path):
                return await self._view(by, prefix, tool_path(path, prefix), command.view_range)
            case Create(path=path):
                return await self._create(by, prefix, tool_path(path, prefix), command.file_text)
            case StrReplace(path=path):
                return await self._edit(by, tool_path(path, prefix), _replacing(command))
            case Insert(path=path):
                return await self._edit(by, tool_path(path, prefix), _inserting(command))
            case Delete(path=path):
                return await self._delete(by, tool_path(path, prefix))
            case Rename(old_path=old, new_path=new):
                return await self._rename(by, tool_path(old, prefix), tool_path(new, prefix))
            case _:
                assert_never(command)

    async def _view(
        self, by: Writer, prefix: str, path: ToolPath, wanted: tuple[int, int] | None
    ) -> str:
        text = None if path.key is None else await self._read(by, path.key)
        if text is None:
            below = await self._sizes(by, path.key or ContextKey(prefix))
            if not below and not path.is_root:
                raise _missing(path)
            return listing(path.shown, below)
        if text.count("\n") >= MAX_LINES:
            raise ToolProblem(f"File {path.shown} exceeds maximum line limit of 999,999 lines.")
        return numbered_file(path.shown, text, wanted)

    async def _create(self, by: Writer, prefix: str, path: ToolPath, text: str) -> str:
        key = _file(path)
        taken = f"File {path.shown} already exists"
        if await self._is_folder(by, key):
            raise ToolProblem(taken)
        await self._check_above(by, prefix, key)
        draft = Draft(key, Document.of(Format.TEXT, text.encode()))
        try:
            await self._writer.put(by, draft, _NEW)
        except PreconditionFailed as error:
            raise ToolProblem(taken) from error
        return f"File created successfully at: {path.shown}"

    async def _edit(
        self, by: Writer, path: ToolPath, change: Callable[[str], tuple[str, str]]
    ) -> str:
        edit = _Edit(change)
        try:
            present = (await self._reader.get(by.workspace, _file(path))).version
            _check_open(present.address.key, is_sealed=present.is_sealed)
            await self._writer.rewrite(by, present.address.key, edit)
        except NotFound as error:
            raise _missing(path) from error
        return edit.told

    async def _delete(self, by: Writer, path: ToolPath) -> str:
        if path.key is None:
            raise ToolProblem(f"Cannot delete the {ROOT} directory itself")
        try:
            await self._writer.end(by, path.key)
        except NotFound as error:
            below = await self._sizes(by, path.key)
            if not below:
                raise ToolProblem(f"The path {path.shown} does not exist") from error
            await self._writer.end_all(by, f"{path.key}/", len(below))
        return f"Successfully deleted {path.shown}"

    async def _rename(self, by: Writer, old: ToolPath, new: ToolPath) -> str:
        if old.key is None:
            raise ToolProblem(f"Cannot rename the {ROOT} directory itself")
        taken = f"The destination {new.shown} already exists"
        if new.key is None or await self._is_folder(by, new.key):
            raise ToolProblem(taken)
        if f"{new.key}/".startswith(f"{old.key}/"):
            raise ToolProblem(f"{old.shown} cannot be moved into itself")
        try:
            await self._writer.move(by, old.key, new.key)
        except NotFound as error:
            if await self._read(by, new.key) is not None:
                raise ToolProblem(taken) from error
            if not await self._writer.move_all(by, f"{old.key}/", f"{new.key}/"):
                raise ToolProblem(f"The path {old.shown} does not exist") from error
        except Conflict as error:
            raise ToolProblem(taken) from error
        return f"Successfully renamed {old.shown} to {new.shown}"

    async def _read(self, by: Writer, key: ContextKey) -> str | None:
        """None without the file."""
        try:
            read = await self._reader.get(by.workspace, key)
        except NotFound:
            return None
        _check_open(key, is_sealed=read.version.is_sealed)
        return _text(read.document)

    async def _sizes(self, by: Writer, folder: ContextKey) -> dict[str, int]:
        """Bytes of each file below a folder, by its path from there."""
        sizes: dict[str, int] = {}
        prefix, cursor = f"{folder}/", None
        while True:
            page = await self._reader.list(by.workspace, Filter(prefix), cursor, _PAGE)
            for context in page.items:
                present = context.present
                sizes[present.address.key.removeprefix(prefix)] = present.size
            cursor = page.next_cursor
            if cursor is None:
                return sizes

    async def _is_folder(self, by: Writer, key: ContextKey) -> bool:
        page = await self._reader.list(by.workspace, Filter(f"{key}/"), None, 1)
        return bool(page.items)

    async def _check_above(self, by: Writer, prefix: str, key: ContextKey) -> None:
        """No folder of the path is a file."""
        segments = key.removeprefix(f"{prefix}/").split("/")
        for depth in range(1, len(segments)):
            above = "/".join(segments[:depth])
            if await self._read(by, ContextKey(f"{prefix}/{above}")) is not None:
                raise ToolProblem(f"The path {ROOT}/{above} is not a directory.")


def _replacing(command: StrReplace) -> Callable[[str], tuple[str, str]]:
    def change(text: str) -> tuple[str, str]:
        old, path = command.old_str, command.path
        places = _places(text, old)
        if not places:
            raise ToolProblem(
                f"No replacement was performed, old_str `{old}` did not appear verbatim in {path}."
            )
        if len(places) > 1:
            lines = ", ".join(str(text[:place].count("\n") + 1) for place in places)
            raise ToolProblem(
                f"No replacement was performed. Multiple occurrences of old_str `{old}` in lines: "
                f"{lines}. Please ensure it is unique"
            )
        new = text[: places[0]] + command.new_str + text[places[0] + len(old) :]
        return new, snippet_after(new, places[0])

    return change


def _inserting(command: Insert) -> Callable[[str], tuple[str, str]]:
    def change(text: str) -> tuple[str, str]:
        lines = text.split("\n")
        if lines[-1] == "":
            lines.pop()
        if not 0 <= command.insert_line <= len(lines):
            raise ToolProblem(
                f"Invalid `insert_line` parameter: {command.insert_line}. It should be within the "
                f"range of lines of the file: [0, {len(lines)}]"
            )
        lines.insert(command.insert_line, command.insert_text.removesuffix("\n"))
        return "\n".join(lines) + "\n", f"The file {command.path} has been edited."

    return change


def _places(text: str, wanted: str) -> list[int]:
    """Where `wanted` begins in `text`; nowhere where it is empty."""
    places: list[int] = []
    at = text.find(wanted) if wanted else -1
    while at >= 0:
        places.append(at)
        at = text.find(wanted, at + 1)
    return places


def _file(path: ToolPath) -> ContextKey:
    if path.key is None:
        raise ToolProblem(f"The path {path.shown} is not a file.")
    return path.key


def _missing(path: ToolPath) -> ToolProblem:
    return ToolProblem(f"The path {path.shown} does not exist. Please provide a valid path.")


def _check_open(key: str, *, is_sealed: bool) -> None:
    if is_sealed:
        raise ToolProblem(f"The context '{key}' is encrypted; no model may read it.")


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _text(document: Document) -> str:
    if document.format is Format.BYTES:
        raise ToolProblem("The file holds bytes and no text.")
    return document.body.decode()
