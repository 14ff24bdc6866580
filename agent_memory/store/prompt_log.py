"""The log of prompts in the database, and the policy that says what comes into it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from agent_memory.access.prompt_policy import DEFAULT_KEEP_DAYS, PromptPolicy
from agent_memory.clock import utc_now
from agent_memory.errors import NotFound
from agent_memory.gateway.prompt_log import Exchange, LoggedPrompt
from agent_memory.ids import KeyId, SessionId, WorkspaceId, new_id
from agent_memory.pages import Page
from agent_memory.store.audit import append_audit
from agent_memory.store.cursors import Cursor
from agent_memory.store.database import Database
from agent_memory.store.memory.pages import check_limit, has_more
from agent_memory.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class _PolicyRow:
    is_on: bool
    on_for_keys: list[str]
    off_for_keys: list[str]
    keep_days: int

    def policy(self) -> PromptPolicy:
        return PromptPolicy(
            self.is_on,
            frozenset(map(KeyId, self.on_for_keys)),
            frozenset(map(KeyId, self.off_for_keys)),
            self.keep_days,
        )


async def read_policy(transaction: Transaction) -> PromptPolicy:
    """That of the transaction's workspace; nothing is kept where none was set."""
    row = await transaction.fetch_one("get_prompt_policy", _PolicyRow)
    return PromptPolicy() if row is None else row.policy()


class PromptLogStore:
    """Implements `PromptRows` and `PromptDesk`. `clock` gives the time in UTC."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._clock = clock

    async def policy(self, workspace: WorkspaceId) -> PromptPolicy:
        async with self._database.workspace(workspace) as transaction:
            return await read_policy(transaction)

    async def set_policy(self, workspace: WorkspaceId, policy: PromptPolicy, actor: str) -> None:
        rules = {
            "is_on": policy.is_on,
            "on_for_keys": sorted(policy.on_for_keys),
            "off_for_keys": sorted(policy.off_for_keys),
            "keep_days": policy.keep_days,
        }
        async with self._database.workspace(workspace) as transaction:
            await transaction.run("put_prompt_policy", workspace_id=workspace, **rules)
            await append_audit(transaction, workspace, actor, "prompts.policy", workspace, **rules)

    async def insert(
        self, exchange: Exchange, request: str, answer: str, num_redacted: int
    ) -> None:
        async with self._database.workspace(exchange.workspace_id) as transaction:
            await transaction.run(
                "insert_prompt",
                workspace_id=exchange.workspace_id,
                prompt_id=new_id("prompt"),
                request_id=exchange.request_id,
                key_id=exchange.key_id,
                agent=exchange.agent,
                session_id=exchange.session_id,
                surface=exchange.surface,
                provider=exchange.provider,
                model=exchange.model,
                status=exchange.status,
                at=exchange.at,
                request=request,
                answer=answer,
                num_redacted=num_redacted,
            )

    async def list(
        self,
        workspace: WorkspaceId,
        cursor: str | None,
        limit: int,
        key_id: KeyId | None = None,
        session_id: SessionId | None = None,
    ) -> Page[LoggedPrompt]:
        """Newest first, and the cursor of the next page."""
        check_limit(limit)
        before = None if cursor is None else Cursor.decode(cursor)
        async with self._database.workspace(workspace) as transaction:
            rows = await transaction.fetch_all(
                "list_prompts",
                LoggedPrompt,
                key_id=key_id,
                session_id=session_id,
                before_at=None if before is None else before.created_at,
                before_id=None if before is None else before.id,
                limit=limit + 1,
            )
        page = rows[:limit]
        is_last = not has_more(rows, limit)
        return Page(page, None if is_last else Cursor(page[-1].at, page[-1].prompt_id).encode())

    async def get(self, workspace: WorkspaceId, prompt_id: str) -> LoggedPrompt:
        """`NotFound` without it."""
        async with self._database.workspace(workspace) as transaction:
            row = await transaction.fetch_one("get_prompt", LoggedPrompt, prompt_id=prompt_id)
        if row is None:
            raise NotFound("prompt", prompt_id)
        return row

    async def erase(
        self,
        workspace: WorkspaceId,
        actor: str,
        key_id: KeyId | None = None,
        session_id: SessionId | None = None,
    ) -> int:
        """Erase all of the workspace, or of a key or a session; how many there were."""
        async with self._database.workspace(workspace) as transaction:
            erased = await transaction.fetch_value(
                "erase_prompts", key_id=key_id, session_id=session_id
            )
            count = erased if isinstance(erased, int) else 0
            await append_audit(
                transaction,
                workspace,
                actor,
                "prompts.erase",
                session_id or key_id or workspace,
                num_prompts=count,
            )
        return count

    async def drop_prompts(self, workspace: WorkspaceId) -> int:
        """Erase what is older than the policy keeps; how many that were."""
        async with self._database.workspace(workspace) as transaction:
            dropped = await transaction.fetch_value(
                "drop_old_prompts", now=self._clock(), keep_days=DEFAULT_KEEP_DAYS
            )
        return dropped if isinstance(dropped, int) else 0
