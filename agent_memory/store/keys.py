"""API keys in the database."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from agent_memory.access.admission import StoredKey, admit
from agent_memory.access.key_bounds import KeyBounds, check_addresses, check_models
from agent_memory.access.key_defaults import KeyDefaults
from agent_memory.access.key_rules import check_expiry, check_name, check_scopes
from agent_memory.access.keys import generate_key, parse_key
from agent_memory.access.principal import ApiKeyRecord, Principal, Scope
from agent_memory.errors import NotFound, Unauthenticated
from agent_memory.ids import KeyId, WorkspaceId
from agent_memory.store.audit import append_audit
from agent_memory.store.database import Database

ANYTHING = KeyBounds()
NO_DEFAULTS = KeyDefaults()
_TOUCH_INTERVAL = timedelta(minutes=1)
"""`last_used_at` is exact to this, so that using a key does not write on every use."""


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class _KeyRow:
    key_id: KeyId
    workspace_id: WorkspaceId
    name: str
    secret_hash: bytes
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    memory: str | None
    disabled_at: datetime | None
    models: list[str] | None
    addresses: list[str] | None
    previous_hash: bytes | None
    previous_until: datetime | None
    contexts: list[str] | None
    memory_tool: str | None

    @property
    def defaults(self) -> KeyDefaults:
        return KeyDefaults(tuple(self.contexts or ()), self.memory_tool)

    @property
    def bounds(self) -> KeyBounds:
        return KeyBounds(_tuple(self.models), _tuple(self.addresses))

    def stored(self) -> StoredKey:
        return StoredKey(
            key_id=self.key_id,
            workspace_id=self.workspace_id,
            secret_hash=self.secret_hash,
            scopes=frozenset(Scope(name) for name in self.scopes),
            expires_at=self.expires_at,
            revoked_at=self.revoked_at,
            memory=self.memory,
            disabled_at=self.disabled_at,
            bounds=self.bounds,
            previous_hash=self.previous_hash,
            previous_until=self.previous_until,
            defaults=self.defaults,
        )

    def record(self) -> ApiKeyRecord:
        return ApiKeyRecord(
            key_id=self.key_id,
            workspace_id=self.workspace_id,
            name=self.name,
            scopes=frozenset(Scope(name) for name in self.scopes),
            created_at=self.created_at,
            expires_at=self.expires_at,
            revoked_at=self.revoked_at,
            last_used_at=self.last_used_at,
            memory=self.memory,
            bounds=self.bounds,
            disabled_at=self.disabled_at,
            previous_until=self.previous_until,
            defaults=self.defaults,
        )


class KeyStore:
    """Makes, lists, revokes and finds keys. `clock` gives the time in UTC."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._clock = clock

    async def create_key(
        self,
        workspace_id: WorkspaceId,
        name: str,
        scopes: Iterable[str],
        expires_at: datetime | None = None,
        memory: str | None = None,
        bounds: KeyBounds = ANYTHING,
        actor: str = "cli",
        defaults: KeyDefaults = NO_DEFAULTS,
    ) -> tuple[ApiKeyRecord, str]:
        """A new key and its raw form, which cannot be had again. memory, bounds, defaults: see
        `Principal`;
        actor: who makes it, for the audit log.

        `InvalidRequest` for a name, scopes or an expiry that may not be; `Conflict` when the
        workspace does not exist.
        """
        now = self._clock()
        key = generate_key()
        async with self._database.workspace(workspace_id) as transaction:
            row = await transaction.fetch_one(
                "create_key",
                _KeyRow,
                key_id=key.key_id,
                workspace_id=workspace_id,
                name=check_name(name),
                secret_hash=key.secret_hash,
                scopes=sorted(check_scopes(scopes)),
                now=now,
                expires_at=check_expiry(expires_at, now),
                memory=memory,
                models=_list(check_models(bounds.models)),
                addresses=_list(check_addresses(bounds.addresses)),
                contexts=list(defaults.contexts) or None,
                memory_tool=defaults.memory_tool,
            )
            record = _found(row, key.key_id).record()
            await append_audit(
                transaction, workspace_id, actor, "key.create", key.key_id, **_told(record)
            )
        return record, key.raw

    async def list_keys(self, workspace_id: WorkspaceId) -> tuple[ApiKeyRecord, ...]:
        """All keys of the workspace, revoked ones too; newest first."""
        async with self._database.workspace(workspace_id) as transaction:
            rows = await transaction.fetch_all("list_keys", _KeyRow)
        return tuple(row.record() for row in rows)

    async def get_key(self, workspace_id: WorkspaceId, key_id: KeyId) -> ApiKeyRecord:
        """`NotFound` without it."""
        async with self._database.workspace(workspace_id) as transaction:
            row = await transaction.fetch_one("get_key", _KeyRow, key_id=key_id)
        return _found(row, key_id).record()

    async def change_key(
        self,
        workspace_id: WorkspaceId,
        key_id: KeyId,
        change: Callable[[ApiKeyRecord], ApiKeyRecord],
        actor: str = "cli",
    ) -> ApiKeyRecord:
        """The key with what `change` makes of its name, scopes, expiry, bounds and defaults, and
        whether it is disabled. `NotFound` without it, `InvalidRequest` for what may not be."""
        now = self._clock()
        async with self._database.workspace(workspace_id) as transaction:
            row = await transaction.fetch_one("get_key", _KeyRow, key_id=key_id)
            before = _found(row, key_id).record()
            wanted = change(before)
            if wanted.expires_at != before.expires_at:
                check_expiry(wanted.expires_at, now)
            row = await transaction.fetch_one(
                "update_key",
                _KeyRow,
                key_id=key_id,
                name=check_name(wanted.name),
                scopes=sorted(check_scopes(wanted.scopes)),
                expires_at=wanted.expires_at,
                disabled_at=wanted.disabled_at,
                models=_list(check_models(wanted.bounds.models)),
                addresses=_list(check_addresses(wanted.bounds.addresses)),
                contexts=list(wanted.defaults.contexts) or None,
                memory_tool=wanted.defaults.memory_tool,
            )
            record = _found(row, key_id).record()
            await append_audit(
                transaction, workspace_id, actor, "key.change", key_id, **_told(record)
            )
        return record

    async def rotate_key(
        self, workspace_id: WorkspaceId, key_id: KeyId, overlap: timedelta, actor: str = "cli"
    ) -> tuple[ApiKeyRecord, str]:
        """The key with a new secret, and its raw form, which cannot be had again. The old secret
        opens for `overlap` longer. Limits, budgets and the ledger go on, for the key's id stays.
        `NotFound` without it, or when it was revoked."""
        key = generate_key(key_id)
        until = self._clock() + overlap
        async with self._database.workspace(workspace_id) as transaction:
            row = await transaction.fetch_one(
                "rotate_key",
                _KeyRow,
                key_id=key_id,
                secret_hash=key.secret_hash,
                previous_until=until,
            )
            record = _found(row, key_id).record()
            await append_audit(
                transaction, workspace_id, actor, "key.rotate", key_id, previous_until=until
            )
        return record, key.raw

    async def revoke_key(
        self, workspace_id: WorkspaceId, key_id: KeyId, actor: str = "cli"
    ) -> ApiKeyRecord:
        """End a key for good; revoking it again changes nothing. `NotFound` without it."""
        async with self._database.workspace(workspace_id) as transaction:
            row = await transaction.fetch_one(
                "revoke_key", _KeyRow, key_id=key_id, now=self._clock()
            )
            record = _found(row, key_id).record()
            await append_audit(transaction, workspace_id, actor, "key.revoke", key_id)
        return record

    async def find_key(self, raw: str) -> Principal:
        """The holder of the key `raw`; `Unauthenticated` unless it is valid now."""
        key = parse_key(raw)
        if key is None:
            raise Unauthenticated("This is not an API key of ours (am_…).")
        async with self._database.no_workspace() as transaction:
            row = await transaction.fetch_one("find_key", _KeyRow, key_id=key.key_id)
        now = self._clock()
        principal = admit(key, None if row is None else row.stored(), now)
        if row is not None and _is_due(row.last_used_at, now):
            await self._touch_key(principal, now)
        return principal

    async def has_any_key(self) -> bool:
        """Whether any workspace has a key, revoked or not."""
        async with self._database.no_workspace() as transaction:
            return bool(await transaction.fetch_value("has_any_key"))

    async def _touch_key(self, principal: Principal, now: datetime) -> None:
        async with self._database.workspace(principal.workspace_id) as transaction:
            await transaction.run(
                "touch_key",
                key_id=principal.key_id,
                now=now,
                interval_s=_TOUCH_INTERVAL.total_seconds(),
            )


def _found(row: _KeyRow | None, key_id: KeyId) -> _KeyRow:
    if row is None:
        raise NotFound("key", key_id)
    return row


def _is_due(last_used_at: datetime | None, now: datetime) -> bool:
    return last_used_at is None or now - last_used_at >= _TOUCH_INTERVAL


def _told(record: ApiKeyRecord) -> dict[str, object]:
    """What the audit log says of a key."""
    return {
        "name": record.name,
        "scopes": sorted(record.scopes),
        "expires_at": record.expires_at,
        "is_disabled": record.disabled_at is not None,
        "models": record.bounds.models,
        "addresses": record.bounds.addresses,
        "contexts": record.defaults.contexts,
        "memory_tool": record.defaults.memory_tool,
    }


def _tuple(names: list[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(names)


def _list(names: tuple[str, ...] | None) -> list[str] | None:
    return None if names is None else list(names)
