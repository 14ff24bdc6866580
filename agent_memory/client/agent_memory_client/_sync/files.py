"""Text files that last: each is a message of one conversation, which recall finds as well.

A message begins with the path of its file, so that two files with the same words are two, and so
that one who recalls a line sees where it stands.
"""

from collections.abc import Sequence

from agent_memory_client import results
from agent_memory_client._sync.memory import Memory
from agent_memory_client.errors import NotFound

DEFAULT_CONVERSATION = "files"


class Files:
    """Files by their paths. No file is ever empty on the server: its path stands in it."""

    def __init__(self, memory: Memory, conversation: str = DEFAULT_CONVERSATION) -> None:
        self._memory = memory
        self._conversation = conversation

    def list(self) -> Sequence[str]:
        """The paths of all files, in order.

        Example::

            client.files().write("/memories/plan.md", "Ship in May.")
            assert client.files().list() == ["/memories/plan.md"]
        """
        return sorted(self._messages())

    def read(self, path: str) -> str | None:
        """The text of a file; None when there is none.

        Example::

            client.files().write("/memories/plan.md", "Ship in May.")
            assert client.files().read("/memories/plan.md") == "Ship in May."
        """
        message = self._messages().get(path)
        return None if message is None else message.content.partition("\n")[2]

    def write(self, path: str, text: str) -> None:
        """Make a file, or replace all of its text.

        Example::

            client.files().write("/memories/plan.md", "Ship in May.")
        """
        held = self._messages().get(path)
        content = f"{path}\n{text}"
        if held is None:
            self._memory.remember(
                content,
                conversation=self._conversation,
                role="assistant",
                metadata={"path": path},
            )
        else:
            self._memory.change_message(held.id, text=content)

    def move(self, path: str, to: str) -> None:
        """Give a file another path.

        Example::

            client.files().write("/memories/plan.md", "Ship in May.")
            client.files().move("/memories/plan.md", "/memories/may.md")
        """
        text = self.read(path)
        if text is None:
            raise NotFound(404, "not_found", f"No file '{path}' exists here.")
        self.write(to, text)
        self.delete(path)

    def delete(self, path: str) -> bool:
        """Erase a file for good; False when there is none.

        Example::

            client.files().write("/memories/plan.md", "Ship in May.")
            assert client.files().delete("/memories/plan.md")
        """
        held = self._messages().get(path)
        if held is None:
            return False
        self._memory.forget(held.id)
        return True

    def _messages(self) -> dict[str, results.Message]:
        try:
            return {
                str(message.metadata["path"]): message
                for message in self._memory.messages(self._conversation)
                if "path" in message.metadata
            }
        except NotFound:
            return {}
