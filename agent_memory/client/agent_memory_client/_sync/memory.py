"""Memory: remember, and find again."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from agent_memory_client import results
from agent_memory_client._sync.archives import pieces_of
from agent_memory_client._sync.transport import Transport


class Memory:
    """The memory of the key's workspace."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def remember(
        self,
        text: str,
        *,
        conversation: str = "notes",
        role: str = "user",
        metadata: Mapping[str, Any] | None = None,
        occurred_at: str | None = None,
    ) -> results.Message:
        """Keep a message; decisions, tasks and failures in it are found by themselves.

        Example::

            message = client.memory.remember("We decided to use PostgreSQL.")
            assert message.id.startswith("item_")
        """
        body = _given(
            conversation_id=conversation,
            role=role,
            content=text,
            metadata=metadata,
            occurred_at=occurred_at,
        )
        return results.read_message(
            self._transport.call("POST", "/v1/memory/messages", body, key="new")
        )

    def ingest(
        self,
        thread: str,
        *,
        chat: Sequence[Mapping[str, Any]] = (),
        diffs: Sequence[str] = (),
        logs: Sequence[str] = (),
        occurred_at: str | None = None,
    ) -> results.Ingested:
        """Keep conversations, diffs and logs as they are. The same again adds nothing.

        Example::

            log = "FAILED tests/test_a.py::test_b - AssertionError: assert 1 == 2"
            done = client.memory.ingest("shop", logs=[log])
            assert done.added
        """
        materials = _given(chat=list(chat), diffs=list(diffs), logs=list(logs))
        body = _given(thread_id=thread, materials=materials, occurred_at=occurred_at)
        return results.read_ingested(self._transport.call("POST", "/v1/ingest", body))

    def import_file(
        self,
        file: str | Path,
        *,
        kind: str | None = None,
        thread: str | None = None,
    ) -> results.ImportedFile:
        """Keep what another program wrote: transcripts of Claude Code and Codex, exports of
        ChatGPT, Claude, Slack (a zip), Discord and WhatsApp, JSON lines, diffs, logs, notes. The
        kind is found by what stands in it. The same again adds nothing; it is sent once.

        Example::

            chat = folder / "chat.txt"
            chat.write_text("31.05.2026, 10:00 - Ann: We decided to use Redis.\\n")
            done = client.memory.import_file(chat)
            assert (done.kind, done.num_added > 0) == ("whatsapp", True)
        """
        path = Path(file)
        params = {"name": path.name, "kind": kind, "thread_id": thread}
        with self._transport.open(
            "POST", "/v1/ingest/file", params=params, content=pieces_of(path)
        ) as response:
            response.read()
            return results.read_imported_file(response.json())

    def recall(
        self,
        purpose: str,
        *,
        token_budget: int = 2048,
        thread: str | None = None,
        kinds: Sequence[str] = (),
        since: str | None = None,
        as_of: str | None = None,
    ) -> results.Recalled:
        """What helps with a purpose, within a budget of tokens.

        Example::

            client.memory.remember("We decided to use PostgreSQL for the ledger.")
            recalled = client.memory.recall("Which database does the ledger use?")
            assert "PostgreSQL" in recalled.text
        """
        body = _given(
            purpose=purpose,
            token_budget=token_budget,
            thread_id=thread,
            kinds=list(kinds),
            since=since,
            as_of=as_of,
        )
        return results.read_recalled(self._transport.call("POST", "/v1/recall", body))

    def working_set(
        self,
        purpose: str,
        *,
        token_budget: int = 4096,
        thread: str | None = None,
        as_of: str | None = None,
    ) -> results.WorkingSet:
        """Decisions, constraints, tasks, failures and fixes that matter for a task.

        Example::

            client.memory.remember("We decided to use PostgreSQL for the ledger.")
            known = client.memory.working_set("Speed up the ledger")
            assert "## Decisions" in known.text
        """
        body = _given(purpose=purpose, token_budget=token_budget, thread_id=thread, as_of=as_of)
        return results.read_working_set(self._transport.call("POST", "/v1/workingset", body))

    def expand(self, item_id: str, *, lines: int = 5) -> results.Expansion:
        """An item with the raw text around it, its links and its history.

        Example::

            message = client.memory.remember("We decided to use PostgreSQL.")
            assert client.memory.expand(message.id).text == message.content
        """
        path = f"/v1/expand/{quote(item_id, safe='')}"
        sent = self._transport.call("GET", path, params={"lines": lines})
        return results.read_expansion(sent)

    def feedback(
        self,
        verdict: str,
        item_ids: Sequence[str],
        *,
        recall_id: str | None = None,
        other_id: str | None = None,
    ) -> None:
        """Say `helpful`, `not_helpful`, `used`, `outdated` or `duplicate` of items; ranking learns.

        Example::

            client.memory.remember("We decided to use PostgreSQL.")
            found = client.memory.recall("database PostgreSQL")
            ids = [item.id for item in found.items]
            client.memory.feedback("helpful", ids, recall_id=found.recall_id)
        """
        body = _given(
            verdict=verdict, item_ids=list(item_ids), recall_id=recall_id, other_id=other_id
        )
        self._transport.call("POST", "/v1/feedback", body, key="new")

    def search(
        self, query: str, *, conversation: str | None = None, top_k: int = 10
    ) -> list[results.Message]:
        """Messages by their words and their meaning, the best first.

        Example::

            client.memory.remember("The invoice of May is missing.", conversation="support")
            [found] = client.memory.search("invoice", conversation="support")
            assert found.content == "The invoice of May is missing."
        """
        params = {"query": query, "conversation_id": conversation, "top_k": top_k}
        sent = self._transport.call("GET", "/v1/memory/search", params=params)
        return [results.read_message(one) for one in sent["results"]]

    def message(self, message_id: str) -> results.Message:
        """One message by its id.

        Example::

            kept = client.memory.remember("The invoice of May is missing.")
            assert client.memory.message(kept.id).role == "user"
        """
        path = f"/v1/memory/messages/{quote(message_id, safe='')}"
        return results.read_message(self._transport.call("GET", path))

    def change_message(
        self, message_id: str, *, text: str | None = None, metadata: Mapping[str, Any] | None = None
    ) -> results.Message:
        """Replace the text or the metadata of a message; the rest stays.

        Example::

            kept = client.memory.remember("The invoice of May is missing.")
            changed = client.memory.change_message(kept.id, text="It was found.")
            assert changed.content == "It was found."
        """
        path = f"/v1/memory/messages/{quote(message_id, safe='')}"
        body = _given(content=text, metadata=metadata)
        return results.read_message(self._transport.call("PUT", path, body))

    def forget(self, message_id: str) -> None:
        """Erase a message and everything that was derived from it, for good.

        Example::

            kept = client.memory.remember("The invoice of May is missing.")
            client.memory.forget(kept.id)
        """
        self._transport.call("DELETE", f"/v1/memory/messages/{quote(message_id, safe='')}")

    def conversations(self) -> Iterator[results.Conversation]:
        """All conversations, the last used first.

        Example::

            client.memory.remember("The invoice of May is missing.", conversation="support")
            assert [one.id for one in client.memory.conversations()] == ["support"]
        """
        cursor = None
        while True:
            page = self._transport.call(
                "GET", "/v1/memory/conversations", params={"cursor": cursor, "limit": 200}
            )
            for one in page["data"]:
                yield results.read_conversation(one)
            if (cursor := page["next_cursor"]) is None:
                return

    def messages(self, conversation: str) -> Iterator[results.Message]:
        """All messages of a conversation, the oldest first.

        Example::

            client.memory.remember("The invoice of May is missing.", conversation="support")
            [only] = [one for one in client.memory.messages("support")]
            assert only.role == "user"
        """
        path = f"/v1/memory/conversations/{quote(conversation, safe='')}"
        cursor = None
        while True:
            page = self._transport.call("GET", path, params={"cursor": cursor, "limit": 1000})
            for one in page["messages"]:
                yield results.read_message(one)
            if (cursor := page["next_cursor"]) is None:
                return

    def forget_conversation(self, conversation: str) -> None:
        """Erase a conversation with its raw texts and all that was derived from them, for good.

        Example::

            client.memory.remember("The invoice of May is missing.", conversation="support")
            client.memory.forget_conversation("support")
        """
        path = f"/v1/memory/conversations/{quote(conversation, safe='')}"
        self._transport.call("DELETE", path)


def _given(**fields: object) -> dict[str, object]:
    """The fields that say something."""
    return {name: value for name, value in fields.items() if value is not None and value != []}
