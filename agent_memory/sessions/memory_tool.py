"""The memory tool as sessions run it."""

from agent_memory.contexts.memory_tool.files import MemoryFiles
from agent_memory.contexts.service.contexts import Contexts
from agent_memory.contexts.service.pen import Writer
from agent_memory.ids import WorkspaceId
from agent_memory.turns.messages import ToolUse
from agent_memory.turns.own_tool import MemoryTool


class ContextMemoryTool:
    """It meets `sessions.rounds.MemoryToolRunner`."""

    def __init__(self, contexts: Contexts) -> None:
        self._files = MemoryFiles(contexts.reader, contexts.writer)

    async def run(
        self, workspace: WorkspaceId, tool: MemoryTool, call: ToolUse
    ) -> tuple[str, bool]:
        by = Writer(workspace, tool.by)
        outcome = await self._files.run(by, tool.prefix, call.arguments)
        return outcome.text, outcome.is_error
