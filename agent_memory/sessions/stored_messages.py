"""The messages of conversations as they are stored."""

from collections.abc import Sequence

from agent_memory.sessions.conversation import Conversation
from agent_memory.sessions.ports import TranscriptStore
from agent_memory.turns.messages import Message
from agent_memory.turns.request import TurnRequest


class StoredMessages:
    """It meets `gateway.remembering.Transcripts`."""

    def __init__(self, store: TranscriptStore) -> None:
        self._store = store

    async def messages_before(self, request: TurnRequest) -> Sequence[Message]:
        """Those of the session that `request` was placed in, or of the branch that it begins."""
        placed = request.placed
        stored = await Conversation.load(
            self._store, request.workspace_id, placed.session_id, placed.branch
        )
        return stored.messages
