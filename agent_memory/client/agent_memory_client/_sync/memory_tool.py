"""Claude's memory tool (`memory_20250818`) over files that last."""

from anthropic.lib.tools import BetaAbstractMemoryTool, ToolError
from anthropic.types.beta import (
    BetaMemoryTool20250818CreateCommand,
    BetaMemoryTool20250818DeleteCommand,
    BetaMemoryTool20250818InsertCommand,
    BetaMemoryTool20250818RenameCommand,
    BetaMemoryTool20250818StrReplaceCommand,
    BetaMemoryTool20250818ViewCommand,
)

from agent_memory_client._sync.files import Files
from agent_memory_client._tool_paths import checked_path, inside, listed, numbered


class MemoryTool(BetaAbstractMemoryTool):
    """Folders are the beginnings of paths: they come and go with their files."""

    def __init__(self, files: Files) -> None:
        super().__init__()
        self._files = files

    def view(self, command: BetaMemoryTool20250818ViewCommand) -> str:
        path = checked_path(command.path)
        text = self._files.read(path)
        if text is not None:
            return numbered(path, text, command.view_range)
        paths = self._files.list()
        if not inside(path, paths):
            raise ToolError(f"The path {path} does not exist. Please provide a valid path.")
        return listed(path, paths)

    def create(self, command: BetaMemoryTool20250818CreateCommand) -> str:
        path = checked_path(command.path)
        if self._files.read(path) is not None:
            raise ToolError(f"File {path} already exists")
        self._files.write(path, command.file_text)
        return f"File created successfully at: {path}"

    def str_replace(self, command: BetaMemoryTool20250818StrReplaceCommand) -> str:
        path = checked_path(command.path)
        text = self._text(path)
        if (count := text.count(command.old_str)) != 1:
            found = "did not appear" if count == 0 else f"appears {count} times; it must be unique"
            raise ToolError(f"No replacement was performed: old_str {found} in {path}.")
        self._files.write(path, text.replace(command.old_str, command.new_str))
        return f"The memory file {path} has been edited."

    def insert(self, command: BetaMemoryTool20250818InsertCommand) -> str:
        path = checked_path(command.path)
        lines = self._text(path).splitlines()
        if not 0 <= command.insert_line <= len(lines):
            raise ToolError(
                f"Invalid insert_line {command.insert_line}: {path} has {len(lines)} lines."
            )
        lines.insert(command.insert_line, command.insert_text.rstrip("\n"))
        self._files.write(path, "\n".join(lines) + "\n")
        return f"The file {path} has been edited."

    def delete(self, command: BetaMemoryTool20250818DeleteCommand) -> str:
        path = checked_path(command.path, may_be_root=False)
        gone = inside(path, self._files.list())
        if not gone:
            raise ToolError(f"The path {path} does not exist")
        for one in gone:
            self._files.delete(one)
        return f"Successfully deleted {path}"

    def rename(self, command: BetaMemoryTool20250818RenameCommand) -> str:
        old = checked_path(command.old_path, may_be_root=False)
        new = checked_path(command.new_path, may_be_root=False)
        paths = self._files.list()
        if inside(new, paths):
            raise ToolError(f"The destination {new} already exists")
        if not (moved := inside(old, paths)):
            raise ToolError(f"The path {old} does not exist")
        for one in moved:
            self._files.move(one, new + one.removeprefix(old))
        return f"Successfully renamed {old} to {new}"

    def _text(self, path: str) -> str:
        text = self._files.read(path)
        if text is None:
            raise ToolError(f"The path {path} does not exist. Please provide a valid path.")
        return text
