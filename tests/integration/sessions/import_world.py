"""A server's side of an import with a real pool and shelf, and archives taken apart."""

import hashlib
import io
import json
import math
import tarfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from agent_memory.actors.config import RuntimeConfig
from agent_memory.actors.pool import BlockPoolActor
from agent_memory.cache.hashing import chain_hash, root_hash
from agent_memory.cache.kv_form import KvForm, TensorForm
from agent_memory.cache.lease import StoredBlock
from agent_memory.device.kv.host_tensor import HostTensor, ShelfBlock
from agent_memory.device.shelf.shelf import Shelf
from agent_memory.engine.info import EngineInfo
from agent_memory.errors import Conflict, InvalidRequest, NotFound
from agent_memory.host.shelves import open_shelves
from agent_memory.ids import BlockHash, LeaseId, SessionId, TurnId, WorkspaceId
from agent_memory.sessions.travel import SessionTravel
from agent_memory.settings import MIB, Settings
from agent_memory.store.message_codec import decode_message, encode_parts
from agent_memory.store.turn_rows import turn_values
from agent_memory.testing.engine import INFO
from agent_memory.turns.events import FinishReason, Usage
from agent_memory.turns.messages import Message, Role, Text, ToolUse
from agent_memory.turns.portable import PortableSession, PortableTurn
from agent_memory.turns.traces import Traces
from agent_memory.turns.transcript import SessionRecord

HOME, AWAY = WorkspaceId("home"), WorkspaceId("away")
SESSION = SessionId("traveller")
TOKENS = tuple(range(100, 111))
ENGINE = replace(
    INFO,
    block_size=4,
    context_window=64,
    bytes_per_token=16,
    has_snapshots=True,
    num_token_ids=1000,
    kv_form=KvForm(
        (
            TensorForm("0.k", "F32", 4, (1, 1, None, 2)),
            TensorForm("0.v", "F32", 4, (1, 1, None, 2)),
        ),
        (TensorForm("1.wk", "U8", 1, (1, 1, None, 4), most_tokens=3),),
    ),
)


class Copies:
    """Sessions in a dictionary, with what PostgreSQL would refuse refused."""

    def __init__(self) -> None:
        self.saved: dict[tuple[WorkspaceId, SessionId], PortableSession] = {}

    async def load(self, workspace: WorkspaceId, session: SessionId) -> PortableSession:
        if (workspace, session) not in self.saved:
            raise NotFound("session", session)
        return self.saved[workspace, session]

    async def save(
        self,
        workspace: WorkspaceId,
        session: SessionId,
        copy: PortableSession,
        *,
        is_twin: bool,
    ) -> SessionRecord:
        del is_twin
        if (workspace, session) in self.saved:
            raise Conflict("It exists already.")
        for turn in copy.turns:
            _check_values(turn_values(workspace, session, turn, 0))
        _check_values({"model": copy.model, "title": copy.title})
        for message in copy.messages:
            parts = encode_parts(message)
            _check_values({"parts": parts.replace("\\u0000", "\0")})
            assert decode_message(message.role.value, parts) == message
        self.saved[workspace, session] = copy
        now = datetime(2026, 1, 1, tzinfo=UTC)
        num_tokens = copy.num_tokens
        return SessionRecord(
            session_id=session,
            workspace_id=workspace,
            created_at=now,
            updated_at=now,
            num_turns=len(copy.turns),
            num_messages=len(copy.messages),
            num_tokens=num_tokens,
            head_hash=None,
            model=copy.model,
        )

    async def discard(self, workspace: WorkspaceId, session: SessionId) -> None:
        self.saved.pop((workspace, session), None)


def _check_values(values: Mapping[str, object]) -> None:
    for value in values.values():
        if isinstance(value, str) and "\0" in value:
            raise InvalidRequest("The database cannot hold this value.")
        if isinstance(value, int):
            assert -(2**63) <= value < 2**63


class Engine:
    async def info(self) -> EngineInfo:
        return ENGINE


class World:
    """One server with a session to export in one workspace, and another one to import into."""

    def __init__(self, home: Path) -> None:
        self.home = home
        settings = Settings(data_dir=home, resident_budget=16 * MIB)
        config = RuntimeConfig(settings, "", b"", home, home / "logs")
        self.pool = BlockPoolActor(config, open_shelves)
        self.pool._keeper._learner._learned_at = math.inf  # there is no engine to learn from
        self.copies = Copies()
        self.shelf = Shelf(home / "shelf", ENGINE.fingerprint, ENGINE.kv_format)
        self.travel = SessionTravel(self.copies, self.pool, Engine())  # type: ignore[arg-type]

    async def begin(self) -> None:
        """Have the session and its blocks."""
        self.copies.saved[HOME, SESSION] = _session()
        blocks = make_blocks(root_hash(ENGINE.fingerprint, ENGINE.kv_format, HOME))
        stored = []
        for group in (blocks[:2], blocks[2:3], blocks[3:]):
            file = self.shelf.write(group)
            stored += [
                StoredBlock(b.hash, b.parent, b.token_ids, b.nbytes, file, b.is_snapshot)
                for b in group
            ]
        await self.pool.publish(ENGINE, LeaseId("none"), stored, ())

    async def archive(self) -> bytes:
        pieces = await self.travel.export(HOME, SESSION)
        return b"".join([piece async for piece in pieces])

    def files(self) -> set[str]:
        """All that is on the shelf, and all that is left of travels."""
        below = (self.home / "shelf", self.home / "travel")
        return {
            str(path)
            for folder in below
            for path in folder.rglob("*")
            if path.is_file() and path.name != "journal.jsonl"
        }


def make_blocks(root: BlockHash) -> list[ShelfBlock]:
    """Two full blocks, a tail, and a snapshot beside it."""
    blocks: list[ShelfBlock] = []
    parent = root
    for begin, end in ((0, 4), (4, 8), (8, 10)):
        blocks.append(_block(parent, begin, end, is_snapshot=False))
        parent = blocks[-1].hash
    return [*blocks, _block(parent, 10, 11, is_snapshot=True)]


def _block(parent: BlockHash, begin: int, end: int, *, is_snapshot: bool) -> ShelfBlock:
    num = end - begin
    tensors = {name: _tensor("F32", (1, 1, num, 2), begin) for name in ("0.k", "0.v")}
    if is_snapshot:
        tensors["1.wk"] = _tensor("U8", (1, 1, min(end, 3), 4), begin)
    name = chain_hash(parent, TOKENS[begin:end])
    return ShelfBlock(name, parent, TOKENS[begin:end], tensors, is_snapshot)


def _tensor(dtype: str, shape: tuple[int, ...], seed: int) -> HostTensor:
    num_bytes = int(np.prod(shape)) * (4 if dtype == "F32" else 1)
    return HostTensor(dtype, shape, np.arange(seed, seed + num_bytes, dtype=np.uint8))


def _session() -> PortableSession:
    def turn(
        position: int, num_shared: int, read: tuple[int, ...], said: tuple[int, ...]
    ) -> PortableTurn:
        return PortableTurn(
            turn_id=TurnId(f"turn{position}"),
            request_id="r",
            model="scripted",
            position=position,
            finish_reason=FinishReason.STOP,
            usage=Usage(num_shared + len(read), num_shared, len(said)),
            head_hash=f"{position:064}",
            started_at=datetime(2026, 1, 1, tzinfo=UTC),
            traces=Traces(
                ENGINE.fingerprint,
                said,
                "<|im_start|>",
                num_tokens=num_shared + len(read) + len(said),
                num_shared=num_shared,
                read_tokens=read,
            ),
        )

    messages = (
        Message(Role.USER, (Text("hello"),)),
        Message(Role.ASSISTANT, (Text("hi"),)),
        Message(Role.USER, (Text("and?"),)),
        Message(Role.ASSISTANT, (ToolUse("c", "add", '{"a":1}'),)),
    )
    turns = (turn(1, 0, TOKENS[:4], TOKENS[4:6]), turn(3, 6, TOKENS[6:9], TOKENS[9:]))
    return PortableSession(SESSION, "scripted", None, messages, turns)


@dataclass
class KvFile:
    """A file of an archive: its header, with the blocks that it describes, and its tensors."""

    header: dict[str, Any]
    blocks: list[Any]
    data: bytes
    name: str | None = None

    @classmethod
    def read(cls, content: bytes) -> "KvFile":
        size = 8 + int.from_bytes(content[:8], "little")
        header = json.loads(content[8:size])
        return cls(header, json.loads(header["__metadata__"]["blocks"]), content[size:])

    def write(self) -> tuple[str, bytes]:
        header = dict(self.header)
        if isinstance(header.get("__metadata__"), dict):
            header["__metadata__"] = {**header["__metadata__"], "blocks": json.dumps(self.blocks)}
        text = json.dumps(header).encode()
        framed = len(text).to_bytes(8, "little") + text
        name = self.name or f"kv/{hashlib.sha256(framed).hexdigest()}.safetensors"
        return name, framed + self.data


@dataclass
class Archive:
    """An exported session in parts that may be changed."""

    manifest: dict[str, Any]
    files: list[KvFile] = field(default_factory=list)

    @classmethod
    def read(cls, content: bytes) -> "Archive":
        with tarfile.open(fileobj=io.BytesIO(content)) as tar:
            contents = [file.read() for m in tar if (file := tar.extractfile(m)) is not None]
        return cls(json.loads(contents[0]), [KvFile.read(each) for each in contents[1:]])

    def write(self) -> bytes:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:
            for name, content in (
                ("manifest.json", json.dumps(self.manifest).encode()),
                *(file.write() for file in self.files),
            ):
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
        return buffer.getvalue()


async def in_chunks(content: bytes, size: int = 4096) -> AsyncIterator[bytes]:
    for begin in range(0, len(content), size):
        yield content[begin : begin + size]
