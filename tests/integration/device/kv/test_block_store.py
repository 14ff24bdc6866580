"""Blocks in memory: resident or at rest, never both, and no byte of one in the other's."""

from collections.abc import Iterable
from dataclasses import replace

import mlx.core as mx
import numpy as np
import pytest

from agent_memory.cache.hashing import chain_hash, root_hash
from agent_memory.device.kv.block_store import BlockStore
from agent_memory.device.kv.host_tensor import ShelfBlock
from agent_memory.device.kv.kv_block import KvBlock, copy_of, from_host, may_stay, to_host

ROOT = root_hash("model", "float32", "w")
NBYTES = 2 * 3 * 100 * 8 * 4 + 100


def a_block(number: int, file: str | None = None) -> KvBlock:
    """Cut out of something larger, as blocks are."""
    whole = mx.random.normal((2, 3, 4000, 8), key=mx.random.key(number))
    tensors = {
        "k": mx.contiguous(whole[:, :, 50:150]),
        "form": mx.array(list(range(100)), mx.uint8),
    }
    mx.eval(tensors)
    return KvBlock(chain_hash(ROOT, [number]), ROOT, (number,), tensors, file=file)


def contents(block: KvBlock) -> list[bytes]:
    return [np.asarray(tensor.view(mx.uint8)).tobytes() for tensor in block.tensors.values()]


def figures(store: BlockStore) -> tuple[int, int, int, int]:
    return store.num_blocks, store.nbytes, store.num_at_rest, store.nbytes_at_rest


def settle(store: BlockStore, borrowed: Iterable[ShelfBlock]) -> None:
    for block in borrowed:
        store.settle(block, copy_of(block))


@pytest.fixture
def store() -> BlockStore:
    store = BlockStore()
    store.put(a_block(1, "file"))
    return store


def test_a_block_that_rests_comes_back_as_it_was(store: BlockStore) -> None:
    block = a_block(1, "file")
    settle(store, store.rest([block.hash]))
    assert figures(store) == (0, 0, 1, NBYTES)
    assert store.get(block.hash) is None
    resting = store.at_rest(block.hash)
    assert resting is not None
    again = from_host(resting.host, resting.file)
    assert replace(again, tensors={}) == replace(block, tensors={})
    assert contents(again) == contents(block)
    store.put(again)
    assert figures(store) == (1, NBYTES, 0, 0)


def test_what_rests_holds_nothing_of_the_devices_memory() -> None:
    store, before = BlockStore(), mx.get_active_memory()
    block = a_block(1)
    borrowed = store_and_rest(store, block)
    (inside,) = [tensor for name, tensor in to_host(block).tensors.items() if name == "k"]
    del block
    copies = [copy_of(each) for each in borrowed]
    assert not np.shares_memory(np.asarray(copies[0].tensors["k"].data), np.asarray(inside.data))
    store.settle(borrowed[0], copies[0])
    del borrowed, inside
    # Engines of other tests live in this process too, and move a little.
    assert mx.get_active_memory() - before < NBYTES
    assert store.nbytes_at_rest == NBYTES


def test_what_is_large_rests_where_it_is_on_a_device_without_memory_of_its_own() -> None:
    before = mx.get_active_memory()
    block = a_large_block()
    expected = contents(block)
    store = BlockStore()
    (borrowed,) = store_and_rest(store, block)
    nbytes = block.nbytes
    del block
    assert may_stay(borrowed)
    # What it was cut from has eight times as many.
    assert mx.get_active_memory() - before < 2 * nbytes
    for number in range(20):
        mx.eval(mx.full(borrowed.tensors["k"].shape, float(number)) + 1)
    resting = store.at_rest(borrowed.hash)
    assert resting is not None
    assert contents(from_host(resting.host, None)) == expected


def test_what_is_small_may_not_stay() -> None:
    assert not may_stay(to_host(a_block(1)))


def a_large_block() -> KvBlock:
    whole = mx.random.normal((1, 1, 4000, 64), key=mx.random.key(1))
    keys = mx.contiguous(whole[:, :, 100:600])
    mx.eval(keys)
    return KvBlock(chain_hash(ROOT, [1]), ROOT, (1,), {"k": keys})


def store_and_rest(store: BlockStore, block: KvBlock) -> list[ShelfBlock]:
    store.put(block)
    return store.rest([block.hash])


def test_a_copy_that_comes_too_late_changes_nothing(store: BlockStore) -> None:
    block = a_block(1)
    (early,) = store.rest([block.hash])
    store.put(block)
    store.settle(early, copy_of(early))
    assert figures(store) == (1, NBYTES, 0, 0)
    (late,) = store.rest([block.hash])
    store.settle(early, copy_of(early))
    resting = store.at_rest(block.hash)
    assert resting is not None
    assert resting.host is late
    store.drop([block.hash])
    store.settle(late, copy_of(late))
    assert figures(store) == (0, 0, 0, 0)


def test_orders_for_what_is_not_there_do_not_matter(store: BlockStore) -> None:
    unknown = a_block(2).hash
    assert store.rest([unknown]) == []
    store.rest([a_block(1).hash])
    assert store.rest([a_block(1).hash]) == []
    store.drop([unknown, a_block(1).hash, a_block(1).hash])
    assert figures(store) == (0, 0, 0, 0)


def test_a_file_that_is_gone_is_forgotten_by_what_rests(store: BlockStore) -> None:
    store.put(a_block(2, "other"))
    borrowed = store.rest([a_block(1).hash, a_block(2).hash])
    store.lose_files({"file"})
    settle(store, borrowed)
    files = [resting.file for number in (1, 2) if (resting := store.at_rest(a_block(number).hash))]
    assert files == [None, "other"]


@pytest.mark.parametrize("rests", [False, True])
def test_a_file_that_comes_later_is_found_wherever_the_block_is(rests: bool) -> None:
    store, block = BlockStore(), a_block(2)
    store.put(block)
    if rests:
        store.rest([block.hash])
    store.find_file(block, "late")
    found = store.at_rest(block.hash) if rests else store.get(block.hash)
    assert found is not None
    assert found.file == "late"


def test_a_file_of_what_gave_way_is_not_that_of_its_successor() -> None:
    store, block = BlockStore(), a_block(2)
    store.put(block)
    store.put(replace(block))
    store.find_file(block, "late")
    found = store.get(block.hash)
    assert found is not None
    assert found.file is None


def test_a_new_epoch_forgets_what_rests(store: BlockStore) -> None:
    store.rest([a_block(1).hash])
    store.begin_epoch(1)
    assert figures(store) == (0, 0, 0, 0)
