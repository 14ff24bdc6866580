"""Any archive becomes a session that works, or is refused and leaves nothing."""

import asyncio
import base64
import contextlib
import copy
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_memory.api.errors import fault_of
from agent_memory.cache.hashing import chain_hash, root_hash
from agent_memory.cache.lease_request import LeaseRequest
from agent_memory.cache.owned_sequence import OwnedSequence
from agent_memory.errors import AgentMemoryError
from agent_memory.ids import BlockHash, LeaseId, RequestId, SessionId, block_owner
from tests.integration.sessions.import_world import (
    AWAY,
    ENGINE,
    TOKENS,
    Archive,
    KvFile,
    World,
    in_chunks,
)

ROOT = root_hash(ENGINE.fingerprint, ENGINE.kv_format, AWAY)
NEW = SessionId("arrived")
EXTREMES: list[Any] = [
    None, True, -1, 0, 1, 3, 2**31, 2**32, 2**63, 10**400, 1.5, float("inf"), float("nan"), 1e308,
    "", "\0", "a\0b", "\ud800", "x" * 20_000, "0" * 64, [], {}, [1], [[]], {"a": {}},
]  # fmt: skip


async def arrive(world: World, content: bytes) -> int | None:
    """How many tokens were taken in with the session, or None when it was refused; all that must be
    so in either case is checked."""
    before = world.files()
    try:
        async with asyncio.timeout(60):
            arrival = await world.travel.arrive(AWAY, NEW, in_chunks(content))
    except AgentMemoryError as error:
        refusal: AgentMemoryError | None = error
    else:
        refusal = None
    if refusal is not None:
        assert 400 <= fault_of(refusal).status < 500, refusal
        assert str(refusal)
        assert (AWAY, NEW) not in world.copies.saved
        assert world.files() == before
        await check_pool(world)
        return None
    session = await world.copies.load(AWAY, NEW)
    num_tokens = await lease(world, session.sequence)
    assert num_tokens == min(arrival.num_cached_tokens, max(0, len(session.sequence)))
    await check_pool(world)
    await forget(world)
    return num_tokens


async def lease(world: World, tokens: tuple[int, ...]) -> int:
    """Tokens that the next turn need not compute; what a lease names is there and whole."""
    prompt = array("I", (*tokens, 1))
    owner = block_owner(AWAY, NEW)
    request = LeaseRequest(ENGINE, ROOT, prompt, 1, LeaseId("next"), owner, RequestId("r"))
    found = await world.pool.lease(request)
    for block in found.cached:
        assert block.hash in world.shelf.read(block.file or "", [block.hash])
    await world.pool.publish(ENGINE, LeaseId("next"), (), ())
    return found.num_cached_tokens


async def check_pool(world: World) -> None:
    """Nothing contradicts anything, and no room is kept for anybody."""
    pool = world.pool._keeper.kept.present
    assert pool is not None
    pool.check_integrity()
    stats = pool.stats()
    assert pool.shelf_need == stats.shelf_bytes
    assert stats.num_leases == 0
    assert list((world.home / "travel").iterdir()) == []
    async with asyncio.timeout(10):  # the line is empty
        await world.pool.close_parcel(await world.pool.open_import(ENGINE, ROOT))


async def forget(world: World) -> None:
    session = world.copies.saved.pop((AWAY, NEW))
    owned = OwnedSequence.of(ENGINE, ROOT, session.sequence, block_owner(AWAY, NEW))
    await world.pool.forget(owned)


class Changes:
    """Ways to change an archive, drawn by hypothesis."""

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any], archive: Archive) -> None:
        self._draw = draw
        self._archive = archive

    def change(self) -> None:
        self._pick(
            [
                self._double_block,
                self._double_file,
                self._move_block,
                self._begin_elsewhere,
                self._other_tokens,
                self._swap_tensors,
                self._put_value_in_header,
                self._put_value_in_blocks,
                self._put_value_in_manifest,
                self._rename,
                self._cut_data,
                self._grow_data,
                self._drop_file,
                self._many_messages,
                self._many_tokens,
            ]
        )()

    def _pick(self, choices: list[Any]) -> Any:
        return self._draw(st.sampled_from(choices))

    @property
    def _file(self) -> KvFile:
        file: KvFile = self._pick(self._archive.files)
        return file

    def _double_block(self) -> None:
        source, target = self._file, self._file
        if source.blocks:
            double = copy.deepcopy(self._pick(source.blocks))
            if self._draw(st.booleans()) and isinstance(double, dict):
                double["crc32"] = {}
            target.blocks.append(double)

    def _double_file(self) -> None:
        self._archive.files.append(copy.deepcopy(self._file))

    def _move_block(self) -> None:
        source, target = self._file, self._file
        if source.blocks:
            target.blocks.insert(0, source.blocks.pop())

    def _begin_elsewhere(self) -> None:
        """A circle, if hashes were not what they are."""
        blocks = [b for file in self._archive.files for b in file.blocks if isinstance(b, dict)]
        if blocks:
            block, other = self._pick(blocks), self._pick(blocks)
            block["parent"] = other.get("hash")
            if self._draw(st.booleans()):
                self._name(block, TOKENS[:4])

    def _other_tokens(self) -> None:
        blocks = [b for b in self._file.blocks if isinstance(b, dict)]
        if blocks:
            tokens = self._draw(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=6))
            self._name(self._pick(blocks), tokens)

    def _name(self, block: dict[str, Any], tokens: Sequence[int]) -> None:
        block["token_ids"] = base64.b64encode(array("I", tokens).tobytes()).decode()
        with contextlib.suppress(ValueError, TypeError):
            block["hash"] = chain_hash(BlockHash(block["parent"]), tokens)

    def _swap_tensors(self) -> None:
        header = self._file.header
        names = [name for name in header if name != "__metadata__"]
        if len(names) > 1:
            one, other = self._pick(names), self._pick(names)
            header[one], header[other] = header[other], header[one]

    def _put_value_in_header(self) -> None:
        self._put_value(self._file.header)

    def _put_value_in_blocks(self) -> None:
        self._put_value(self._file.blocks)

    def _put_value_in_manifest(self) -> None:
        self._put_value(self._archive.manifest)

    def _put_value(self, inside: Any) -> None:
        """Something else in the place of anything, or nothing."""
        while True:
            keys = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
            if not keys:
                return
            key = self._pick(keys)
            if isinstance(inside[key], dict | list) and self._draw(st.integers(0, 3)):
                inside = inside[key]
                continue
            if self._draw(st.integers(0, 5)):
                inside[key] = copy.deepcopy(self._pick(EXTREMES))
            else:
                del inside[key]
            return

    def _rename(self) -> None:
        name = "kv/" + "a" * 64 + ".safetensors"
        self._file.name = self._pick(["manifest.json", "kv/../x", "/etc/x", "", name, "kv/" * 20])

    def _cut_data(self) -> None:
        file = self._file
        file.data = file.data[: self._draw(st.integers(0, len(file.data)))]

    def _grow_data(self) -> None:
        self._file.data += bytes(self._draw(st.integers(1, 100_000)))

    def _drop_file(self) -> None:
        if len(self._archive.files) > 1:
            self._archive.files.remove(self._file)

    def _many_messages(self) -> None:
        messages = self._archive.manifest.get("messages")
        if isinstance(messages, list) and messages:
            messages *= self._pick([2, 100, 3000])

    def _many_tokens(self) -> None:
        turns = self._archive.manifest.get("turns")
        if isinstance(turns, list) and turns and isinstance(turns[-1], dict):
            turns[-1]["read_tokens"] = list(TOKENS) * self._pick([0, 1, 10, 10_000])


@dataclass(frozen=True)
class Server:
    """One world and its loop for many archives. exported: what it gives out itself."""

    runner: asyncio.Runner
    world: World
    exported: bytes

    def take_in(self, content: bytes) -> int | None:
        return self.runner.run(arrive(self.world, content))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    async def make() -> tuple[World, bytes]:
        world = World(tmp_path_factory.mktemp("server"))
        await world.begin()
        return world, await world.archive()

    with asyncio.Runner() as runner:
        yield Server(runner, *runner.run(make()))


def test_an_archive_as_it_was_exported_is_taken_in_whole(server: Server) -> None:
    assert server.take_in(server.exported) == len(TOKENS)
    assert server.take_in(Archive.read(server.exported).write()) == len(TOKENS)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_changed_archive_is_taken_in_or_refused(server: Server, data: st.DataObject) -> None:
    archive = Archive.read(server.exported)
    changes = Changes(data.draw, archive)
    for _ in range(data.draw(st.integers(1, 3))):
        changes.change()
    server.take_in(archive.write())


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_a_torn_or_damaged_archive_is_taken_in_or_refused(
    server: Server, data: st.DataObject
) -> None:
    content = bytearray(server.exported)
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content))) :]
    else:
        for _ in range(data.draw(st.integers(1, 4))):
            at = data.draw(st.integers(0, len(content) - 1))
            content[at] ^= 1 << data.draw(st.integers(0, 7))
    server.take_in(bytes(content))
