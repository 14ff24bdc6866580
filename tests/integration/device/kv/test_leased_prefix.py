"""Blocks are read straight into the row, checked, and computed instead where that is sooner."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from threading import Event

import mlx.core as mx
import numpy as np
import pytest

from agent_memory.cache.hashing import chain_hash, root_hash
from agent_memory.cache.lease import CachedBlock, Lease, Location
from agent_memory.device.background import Background
from agent_memory.device.kv.block_store import BlockStore
from agent_memory.device.kv.kv_block import KvBlock, to_host
from agent_memory.device.kv.leased_prefix import LeasedPrefix, PrefixGatherer
from agent_memory.device.rows.row_buffers import RowBuffers, TokenForm, reach_device
from agent_memory.device.shelf.shelf import Shelf
from agent_memory.engine.read_pace import MIN_BYTES, ReadPace
from agent_memory.engine.request import GenerationRequest
from agent_memory.ids import LeaseId
from agent_memory.turns.sampling import SamplingParams

ROOT = root_hash("model", "float32", "w")
FORMS = {"0.k": TokenForm(2, 8, mx.bfloat16), "0.v": TokenForm(2, 4, mx.float32)}
NUM_BLOCKS, BLOCK = 5, 4


def a_chain() -> list[KvBlock]:
    blocks, parent = [], ROOT
    for number in range(NUM_BLOCKS):
        tokens = tuple(range(number * BLOCK, (number + 1) * BLOCK))
        key = mx.random.key(number)
        tensors = {
            name: mx.random.normal((1, form.heads, BLOCK, form.size), key=key).astype(form.dtype)
            for name, form in FORMS.items()
        }
        blocks.append(KvBlock(chain_hash(parent, tokens), parent, tokens, tensors))
        parent = blocks[-1].hash
    return blocks


class Bench:
    """A shelf with a chain of blocks, and a gatherer beside it."""

    def __init__(
        self,
        folder: Path,
        key: bytes | None = None,
        *,
        has_a_file_each: bool = False,
        **options: object,
    ) -> None:
        self.shelf = Shelf(folder, "model", "float32", key)
        self.blocks = a_chain()
        if has_a_file_each:
            self.files = [self.shelf.write([to_host(block)]) for block in self.blocks]
        else:
            self.files = [self.shelf.write([to_host(block) for block in self.blocks])] * NUM_BLOCKS
        self.file = self.files[0]
        self.store = BlockStore()
        self.background = Background(lambda command: command())
        self.gatherer = PrefixGatherer(
            self.store,
            self.shelf,
            self.background,
            needs_snapshot=False,
            **{"forms": FORMS, **options},  # type: ignore[arg-type]
        )

    def request(self, num_in_last: int = BLOCK) -> GenerationRequest:
        """One that has leased the whole chain, or all but a part of the last block."""
        cached = [
            CachedBlock(block.hash, BLOCK, BLOCK, Location.SHELF, file)
            for block, file in zip(self.blocks, self.files, strict=True)
        ]
        cached[-1] = replace(cached[-1], num_used=num_in_last)
        tokens = (*range(NUM_BLOCKS * BLOCK - BLOCK + num_in_last), 999)
        lease = Lease(LeaseId("lease"), 0, tuple(cached), len(tokens) - 1)
        return GenerationRequest("r", "w", ROOT, tokens, SamplingParams(max_tokens=1), lease)

    def gather(self, num_in_last: int = BLOCK) -> LeasedPrefix:
        request = self.request(num_in_last)
        ready: list[int] = []
        if not self.gatherer.prepare(7, request, ready.append):
            self.background.close()
            assert ready == [7]
        return self.gatherer.take(7, request)


def contents(buffers: Mapping[str, mx.array], name: str, num_tokens: int) -> bytes:
    return np.asarray(buffers[name][:, :, :num_tokens].view(mx.uint8)).tobytes()


def joined(blocks: list[KvBlock], name: str) -> bytes:
    whole = mx.concatenate([block.tensors[name] for block in blocks], axis=2)
    return np.asarray(whole.view(mx.uint8)).tobytes()


@pytest.mark.parametrize("key", [None, b"k" * 32], ids=["plain", "sealed"])
def test_what_is_read_lies_in_the_row_as_it_was_written(tmp_path: Path, key: bytes | None) -> None:
    bench = Bench(tmp_path, key)
    bench.store.put(replace(bench.blocks[1], file=bench.file))  # one is in memory
    prefix = bench.gather()
    assert prefix.num_tokens == NUM_BLOCKS * BLOCK
    assert prefix.num_from_shelf == (NUM_BLOCKS - 1) * BLOCK
    assert prefix.buffers is not None
    buffers = prefix.buffers.take()
    for name in FORMS:
        assert contents(buffers, name, prefix.num_tokens) == joined(bench.blocks, name)


@pytest.mark.parametrize("forms", [FORMS, None], ids=["into the row", "as blocks"])
def test_what_rests_needs_no_disk(tmp_path: Path, forms: object) -> None:
    bench = Bench(tmp_path, forms=forms)
    for block in bench.blocks:
        bench.store.put(replace(block, file=bench.file))
    bench.store.rest([block.hash for block in bench.blocks[1:]])  # one is resident
    (path,) = tmp_path.rglob(bench.file)
    path.unlink()
    prefix = bench.gather()
    assert prefix.num_tokens == NUM_BLOCKS * BLOCK
    assert (prefix.num_from_memory, prefix.num_from_shelf) == ((NUM_BLOCKS - 1) * BLOCK, 0)
    assert [block.file for block, _ in prefix.parts] == [bench.file] * NUM_BLOCKS
    parts = [block for block, _ in prefix.parts]
    buffers = prefix.buffers.take() if prefix.buffers is not None else {}
    assert bool(buffers) == bool(forms)
    for name in FORMS:
        found = contents(buffers, name, prefix.num_tokens) if buffers else joined(parts, name)
        assert found == joined(bench.blocks, name)


def test_what_rests_between_what_is_read_lies_in_its_place(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    for block in bench.blocks[1:3]:
        bench.store.put(replace(block, file=bench.file))
    bench.store.rest([bench.blocks[2].hash])
    prefix = bench.gather(num_in_last=3)
    assert prefix.num_tokens == NUM_BLOCKS * BLOCK - 1
    assert (prefix.num_from_memory, prefix.num_from_shelf) == (BLOCK, 3 * BLOCK - 1)
    assert prefix.buffers is not None
    buffers = prefix.buffers.take()
    for name in FORMS:
        assert contents(buffers, name, NUM_BLOCKS * BLOCK) == joined(bench.blocks, name)


def test_what_rests_does_not_wait_for_the_disk_of_others(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    for block in bench.blocks:
        bench.store.put(block)
    bench.store.rest([block.hash for block in bench.blocks])
    is_slow, is_ready = Event(), Event()
    bench.background.read(is_slow.wait, lambda _: None)
    assert not bench.gatherer.prepare(7, bench.request(), lambda _: is_ready.set())
    came_first = is_ready.wait(timeout=30)
    is_slow.set()
    bench.background.close()
    assert came_first
    assert bench.gatherer.take(7, bench.request()).num_from_memory == NUM_BLOCKS * BLOCK


def test_a_block_at_rest_whose_file_is_bad_is_to_be_written_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.store.put(replace(bench.blocks[0], file=bench.file))
    bench.store.rest([bench.blocks[0].hash])
    (path,) = tmp_path.rglob(bench.file)
    path.unlink()
    prefix = bench.gather()
    assert prefix.bad_files == (bench.file,)
    assert [(block.hash, block.file) for block, _ in prefix.parts] == [(bench.blocks[0].hash, None)]


def test_a_part_of_the_last_block_is_a_part_of_the_row(tmp_path: Path) -> None:
    prefix = Bench(tmp_path).gather(num_in_last=3)
    assert prefix.num_tokens == NUM_BLOCKS * BLOCK - 1


@pytest.mark.parametrize("key", [None, b"k" * 32], ids=["plain", "sealed"])
def test_a_block_with_a_flipped_bit_is_no_part_of_a_row(tmp_path: Path, key: bytes | None) -> None:
    bench = Bench(tmp_path, key)
    (path,) = tmp_path.rglob(bench.file)
    content = bytearray(path.read_bytes())
    content[-5] ^= 4
    path.write_bytes(content)
    prefix = bench.gather()
    assert prefix.bad_files == (bench.file,)
    assert prefix.num_tokens == 0
    assert prefix.buffers is None


def test_blocks_of_many_files_lie_in_the_row_in_their_order(tmp_path: Path) -> None:
    bench = Bench(tmp_path, has_a_file_each=True)
    prefix = bench.gather()
    assert prefix.num_from_shelf == NUM_BLOCKS * BLOCK
    assert prefix.buffers is not None
    buffers = prefix.buffers.take()
    for name in FORMS:
        assert contents(buffers, name, prefix.num_tokens) == joined(bench.blocks, name)


@pytest.mark.parametrize("number", [0, 2, NUM_BLOCKS - 1])
@pytest.mark.parametrize("is_gone", [True, False], ids=["gone", "flipped"])
def test_a_bad_file_among_others_ends_the_prefix_before_it(
    tmp_path: Path, number: int, *, is_gone: bool
) -> None:
    bench = Bench(tmp_path, has_a_file_each=True)
    (path,) = tmp_path.rglob(bench.files[number])
    if is_gone:
        path.unlink()
    else:
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(content)
    prefix = bench.gather()
    assert prefix.num_tokens == number * BLOCK
    assert prefix.bad_files == (bench.files[number],)


def test_a_block_of_another_shape_is_no_part_of_a_row(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    odd = replace(
        bench.blocks[0], tensors={**bench.blocks[0].tensors, "0.k": mx.zeros((1, 2, BLOCK, 6))}
    )
    bench.files = [bench.shelf.write([to_host(odd), *map(to_host, bench.blocks[1:])])] * NUM_BLOCKS
    assert bench.gather().num_tokens == 0


def test_what_is_computed_sooner_is_not_read(tmp_path: Path) -> None:
    slow = ReadPace()
    slow.observe(MIN_BYTES, 1e6)
    bench = Bench(tmp_path, bytes_per_token=96, prefill_tokens_per_s=lambda: 1000.0, read_pace=slow)
    bench.store.put(replace(bench.blocks[0], file=bench.file))
    cached = CachedBlock(bench.blocks[0].hash, BLOCK, BLOCK, Location.RESIDENT, bench.file)
    behind = [CachedBlock(b.hash, BLOCK, BLOCK, Location.SHELF, bench.file) for b in bench.blocks]
    tokens = (*range(NUM_BLOCKS * BLOCK), 999)
    lease = Lease(LeaseId("lease"), 0, (cached, *behind[1:]), len(tokens) - 1)
    request = GenerationRequest("r", "w", ROOT, tokens, SamplingParams(max_tokens=1), lease)
    gatherer = bench.gatherer
    assert gatherer.prepare(7, request, lambda _: None)  # nothing is read
    prefix = gatherer.take(7, request)
    assert (prefix.num_tokens, prefix.num_passed_over) == (BLOCK, (NUM_BLOCKS - 1) * BLOCK)
    assert bench.shelf.traffic.bytes_read == 0


def test_what_is_resident_behind_what_is_computed_sooner_is_of_no_use(tmp_path: Path) -> None:
    slow = ReadPace()
    slow.observe(MIN_BYTES, 1e6)
    bench = Bench(tmp_path, bytes_per_token=96, prefill_tokens_per_s=lambda: 1000.0, read_pace=slow)
    first, *_, last = bench.blocks
    for block in (first, last):
        bench.store.put(replace(block, file=bench.file))
    bench.store.rest([first.hash])
    prefix = bench.gather()
    assert (prefix.num_tokens, prefix.num_from_memory) == (BLOCK, BLOCK)
    assert prefix.num_passed_over == (NUM_BLOCKS - 1) * BLOCK
    assert bench.shelf.traffic.bytes_read == 0


def test_buffers_refuse_what_is_longer_than_was_said() -> None:
    buffers = RowBuffers(FORMS, 10)
    with pytest.raises(ValueError, match="longer"):
        buffers.place(buffers.capacity - 3, "0.k", (1, 2, 4, 8))
    with pytest.raises(ValueError, match="no tensor"):
        buffers.place(0, "9.k", (1, 2, 4, 8))


def test_what_the_host_writes_reaches_a_device_that_shares_its_memory() -> None:
    assert reach_device()
