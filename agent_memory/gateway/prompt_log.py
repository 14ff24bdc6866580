"""The log of prompts: what was asked and answered, redacted before it is stored."""

import asyncio
import logging
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import orjson

from agent_memory.access.prompt_policy import PromptPolicy
from agent_memory.errors import AgentMemoryError
from agent_memory.gateway.answer_text import answer_text
from agent_memory.ids import KeyId, RequestId, SessionId, WorkspaceId
from agent_memory.json_value import Json
from agent_memory.memory.redaction.policy import RedactionPolicy
from agent_memory.memory.service.redactor import Redactor
from agent_memory.pages import Page

log = logging.getLogger(__name__)

MAX_CHARS = 1_000_000
"""Of a request, and of an answer; the rest is left out."""
_ENCODED = re.compile(r"(?:data:[^,]{0,100},)?[A-Za-z0-9+/_=-]{4096,}")
"""A file within the request: not words, and large."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer, as they passed. body: as the client sent it. words: of an answer
    of ours; data: the bytes of one that was passed on."""

    request_id: RequestId
    workspace_id: WorkspaceId
    key_id: KeyId
    agent: str | None
    session_id: SessionId | None
    surface: str
    provider: str
    model: str
    status: int
    at: datetime
    body: bytes
    words: str = ""
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class LoggedPrompt:
    """What is kept of it. request: JSON as text, as far as it could be read; num_redacted: how many
    secrets and personal data were removed."""

    prompt_id: str
    request_id: RequestId
    key_id: KeyId
    agent: str | None
    session_id: SessionId | None
    surface: str
    provider: str
    model: str
    status: int
    at: datetime
    request: str
    answer: str
    num_redacted: int


class RedactionPolicies(Protocol):
    async def get_redaction(self, workspace: WorkspaceId) -> tuple[RedactionPolicy, int]:
        """The policy in force and its version."""
        ...


class PromptRows(Protocol):
    async def insert(
        self, exchange: Exchange, request: str, answer: str, num_redacted: int
    ) -> None: ...


class PromptDesk(Protocol):
    """The log of a workspace, for its administrators. actor: who changes it."""

    async def policy(self, workspace: WorkspaceId) -> PromptPolicy: ...

    async def set_policy(
        self, workspace: WorkspaceId, policy: PromptPolicy, actor: str
    ) -> None: ...

    async def list(
        self,
        workspace: WorkspaceId,
        cursor: str | None,
        limit: int,
        key_id: KeyId | None = None,
        session_id: SessionId | None = None,
    ) -> Page[LoggedPrompt]:
        """Newest first, and the cursor of the next page."""
        ...

    async def get(self, workspace: WorkspaceId, prompt_id: str) -> LoggedPrompt:
        """`NotFound` without it."""
        ...

    async def erase(
        self,
        workspace: WorkspaceId,
        actor: str,
        key_id: KeyId | None = None,
        session_id: SessionId | None = None,
    ) -> int:
        """Erase all of the workspace, or of a key or a session; how many there were."""
        ...


class PromptLog:
    """Keeps exchanges, redacted by the policy that memory has too."""

    def __init__(self, rows: PromptRows, policies: RedactionPolicies) -> None:
        self._rows = rows
        self._policies = policies

    async def keep(self, exchange: Exchange) -> None:
        """It never raises: the answer is on its way already."""
        try:
            policy, _ = await self._policies.get_redaction(exchange.workspace_id)
            request, answer, count = await asyncio.to_thread(redacted, exchange, policy)
            await self._rows.insert(exchange, request, answer, count)
        except AgentMemoryError as error:
            log.warning("a prompt was not logged", extra={"reason": str(error)})


def redacted(exchange: Exchange, policy: RedactionPolicy) -> tuple[str, str, int]:
    """The request and the answer without what the policy removes, and how much that was."""
    redactor = Redactor(policy)
    request = _request(exchange.body, redactor)
    answer = redactor.text(_plain(exchange.words or answer_text(exchange.data)))
    return request[:MAX_CHARS], answer[:MAX_CHARS], redactor.counts.total()


def _request(body: bytes, redactor: Redactor) -> str:
    try:
        fields: Json = orjson.loads(body)
    except orjson.JSONDecodeError:
        return redactor.text(_plain(body.decode(errors="replace")))
    return orjson.dumps(redactor.json(_without_files(fields))).decode()


def _without_files(value: Json) -> Json:
    match value:
        case str():
            return f"[{len(value)} characters]" if _ENCODED.fullmatch(value) else value
        case list():
            return [_without_files(entry) for entry in value]
        case dict():
            return {name: _without_files(entry) for name, entry in value.items()}
        case _:
            return value


def _plain(text: str) -> str:
    """What a database takes: no NUL, and no half of a character."""
    return text.replace("\x00", "\ufffd").encode(errors="replace").decode()
