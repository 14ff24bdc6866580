import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from agent_memory.cache.hashing import chain_hash, root_hash
from agent_memory.cache.kv_form import KvForm, TensorForm
from agent_memory.cache.lease import CachedBlock, Location
from agent_memory.device.kv.host_tensor import HostTensor, ShelfBlock
from agent_memory.device.shelf.file_format import encode_file, file_name
from agent_memory.device.shelf.parcel import Destination, pack, unpack
from agent_memory.device.shelf.shelf import Shelf
from agent_memory.engine.info import EngineInfo
from agent_memory.errors import InvalidRequest
from tests.integration.device.shelf_blocks import ROOT, contents, make_blocks

OTHER_ROOT = root_hash("model", "float32", "another workspace")


def engine_with(bytes_per_token: int) -> EngineInfo:
    return EngineInfo(
        model="m",
        fingerprint="model",
        kv_format="float32",
        context_window=100,
        block_size=4,
        bytes_per_token=bytes_per_token,
        has_snapshots=False,
        has_tools=False,
        has_thinking=False,
        num_parameters=1,
        incarnation="i",
    )


def even_blocks(num_blocks: int) -> list[ShelfBlock]:
    """Blocks whose bytes divide evenly among their tokens, as those of models do."""
    return [
        ShelfBlock(
            block.hash,
            block.parent,
            block.token_ids,
            {name: tensor for name, tensor in block.tensors.items() if name != "0.mask"},
        )
        for block in make_blocks(num_blocks)
    ]


def destined(engine: EngineInfo, blocks: list[ShelfBlock]) -> Destination:
    """For the sequence that a chain of blocks holds."""
    tokens = [token for block in blocks for token in block.token_ids]
    return Destination(engine, ROOT, OTHER_ROOT, tokens)


def engine_of(block: ShelfBlock) -> EngineInfo:
    return engine_with(block.nbytes // len(block.token_ids))


def put(folder: Path, shelf: Shelf, blocks: Sequence[ShelfBlock]) -> Path:
    """A file of a parcel with these blocks, whatever they are."""
    header, tensors = encode_file(blocks, shelf.namespace)
    path = folder / file_name(header)
    path.write_bytes(header + b"".join(map(bytes, tensors)))
    return path


def put_text(folder: Path, header: str) -> None:
    """A file of a parcel that is nothing but this header."""
    framed = len(header).to_bytes(8, "little") + header.encode()
    (folder / file_name(framed)).write_bytes(framed)


def shelve(shelf: Shelf, blocks: list[ShelfBlock]) -> list[CachedBlock]:
    file = shelf.write(blocks)
    return [CachedBlock(b.hash, 4, 4, Location.SHELF, file) for b in blocks]


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "one", "model", "float32")


@pytest.fixture
def other(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "other", "model", "float32")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "parcel"
    folder.mkdir()
    return folder


def test_a_session_arrives_bit_for_bit_under_the_hashes_of_its_new_workspace(
    shelf: Shelf, other: Shelf, folder: Path
) -> None:
    blocks = even_blocks(5)
    pack(shelf, shelve(shelf, blocks), folder)

    stored = unpack(folder, other, destined(engine_of(blocks[0]), blocks))

    parent = OTHER_ROOT
    for block, arrived in zip(blocks, stored, strict=True):
        assert arrived.hash == chain_hash(parent, block.token_ids)
        assert arrived.parent == parent
        assert arrived.file is not None
        read = other.read(arrived.file, [arrived.hash])[arrived.hash]
        assert contents(read) == contents(block)
        parent = arrived.hash


def test_only_the_blocks_that_were_asked_for_leave(
    shelf: Shelf, other: Shelf, folder: Path
) -> None:
    blocks = even_blocks(5)
    pack(shelf, shelve(shelf, blocks)[:2], folder)

    stored = unpack(folder, other, destined(engine_of(blocks[0]), blocks))

    assert [block.token_ids for block in stored] == [block.token_ids for block in blocks[:2]]


def test_a_file_that_went_missing_is_left_out(shelf: Shelf, other: Shelf, folder: Path) -> None:
    blocks = even_blocks(3)
    cached = shelve(shelf, blocks[:2]) + shelve(shelf, blocks[2:])
    shelf.delete(cached[0].file or "")

    pack(shelf, cached, folder)

    assert unpack(folder, other, destined(engine_of(blocks[0]), blocks)) == ()


@pytest.mark.parametrize("damaged", [0, 1])
def test_a_damaged_file_is_refused_and_nothing_kept_of_the_others(
    shelf: Shelf, other: Shelf, folder: Path, damaged: int
) -> None:
    blocks = even_blocks(4)
    pack(shelf, shelve(shelf, blocks[:2]) + shelve(shelf, blocks[2:]), folder)
    path = sorted(folder.iterdir())[damaged]
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    path.write_bytes(data)

    with pytest.raises(InvalidRequest, match="corrupt"):
        unpack(folder, other, destined(engine_of(blocks[0]), blocks))

    assert other.scan() == []


def test_a_file_of_another_model_is_refused(shelf: Shelf, tmp_path: Path, folder: Path) -> None:
    blocks = even_blocks(2)
    pack(shelf, shelve(shelf, blocks), folder)
    foreign = Shelf(tmp_path / "foreign", "another model", "float32")

    with pytest.raises(InvalidRequest, match="another model"):
        unpack(folder, foreign, destined(engine_of(blocks[0]), blocks))


def test_blocks_of_a_wrong_size_are_refused(shelf: Shelf, other: Shelf, folder: Path) -> None:
    blocks = even_blocks(2)
    pack(shelf, shelve(shelf, blocks), folder)

    with pytest.raises(InvalidRequest, match="this model's have 0"):
        unpack(folder, other, destined(engine_with(0), blocks))


def test_a_chain_of_doubles_is_refused_at_once(other: Shelf, folder: Path) -> None:
    """Two paths lead to each block: visited by path, sixty of them take for ever."""
    chain: list[ShelfBlock] = []
    parent = ROOT
    for token in range(60):
        chain.append(ShelfBlock(chain_hash(parent, [token]), parent, (token,), {}, True))
        parent = chain[-1].hash
    for begin in range(0, 60, 15):
        put(folder, other, [block for block in chain[begin : begin + 15] for _ in range(2)])

    with pytest.raises(InvalidRequest, match="twice"):
        unpack(folder, other, destined(engine_with(0), chain))


def test_a_block_in_two_files_is_refused(other: Shelf, folder: Path) -> None:
    blocks = even_blocks(3)
    put(folder, other, blocks[:2])
    put(folder, other, blocks[1:])

    with pytest.raises(InvalidRequest, match="twice"):
        unpack(folder, other, destined(engine_of(blocks[0]), blocks))

    assert other.scan() == []


def test_blocks_of_other_tokens_than_the_session_has_are_refused(
    other: Shelf, folder: Path
) -> None:
    blocks = even_blocks(3)
    put(folder, other, blocks)

    with pytest.raises(InvalidRequest, match="does not hold the session's tokens from 8 on"):
        unpack(folder, other, destined(engine_of(blocks[0]), blocks[:2]))


def test_blocks_are_told_parents_first_whatever_the_order_of_their_files(
    other: Shelf, folder: Path
) -> None:
    blocks = even_blocks(12)
    for block in reversed(blocks):
        put(folder, other, [block])

    stored = unpack(folder, other, destined(engine_of(blocks[0]), blocks))

    assert [block.token_ids for block in stored] == [block.token_ids for block in blocks]
    assert list(folder.iterdir()) == []


def test_a_file_with_too_many_blocks_is_refused(other: Shelf, folder: Path) -> None:
    blocks = even_blocks(33)
    put(folder, other, blocks)

    with pytest.raises(InvalidRequest, match="more than 32 blocks"):
        unpack(folder, other, destined(engine_of(blocks[0]), blocks))


def test_more_blocks_than_the_tokens_can_need_are_refused(other: Shelf, folder: Path) -> None:
    """Short ones, each of which would become a file."""
    tokens = tuple(range(60))
    blocks = [
        ShelfBlock(chain_hash(ROOT, tokens[:end]), ROOT, tokens[:end], {}) for end in range(1, 60)
    ]
    for begin in range(0, 60, 30):
        put(folder, other, blocks[begin : begin + 30])
    destination = Destination(engine_with(0), ROOT, OTHER_ROOT, tokens)

    with pytest.raises(InvalidRequest, match="60 tokens can need 376"):
        unpack(folder, other, destination)


def test_a_snapshot_for_a_model_that_keeps_none_is_refused(other: Shelf, folder: Path) -> None:
    blocks = [replace(block, is_snapshot=True) for block in even_blocks(1)]
    put(folder, other, blocks)

    with pytest.raises(InvalidRequest, match="keeps none"):
        unpack(folder, other, destined(engine_of(blocks[0]), blocks))


@pytest.mark.parametrize(
    ("dtype", "shape"), [("F32", (2, 4, 2)), ("U32", (1, 2, 4, 2)), ("F32", (1, 4, 4, 1))]
)
def test_tensors_that_are_not_like_the_models_are_refused(
    other: Shelf, folder: Path, dtype: str, shape: tuple[int, ...]
) -> None:
    """As many bytes as the model's, so that nothing else tells them apart."""
    form = KvForm((TensorForm("0.k", "F32", 4, (1, 2, None, 2)),))
    engine = replace(engine_with(16), kv_form=form)
    tensor = HostTensor(dtype, shape, np.zeros(64, np.uint8))
    block = ShelfBlock(chain_hash(ROOT, (1, 2, 3, 4)), ROOT, (1, 2, 3, 4), {"0.k": tensor})
    put(folder, other, [block])

    with pytest.raises(InvalidRequest, match=r"'0\.k' of a KV block is not like"):
        unpack(folder, other, destined(engine, [block]))


@pytest.mark.parametrize("shape", [["a", 1000000000], [[1], 2], [2.0], [True], [-1, -1], [None]])
def test_a_shape_that_no_tensor_has_is_refused(other: Shelf, folder: Path, shape: object) -> None:
    """A text times a number is a long text."""
    block = ShelfBlock(chain_hash(ROOT, (1,)), ROOT, (1,), {})
    header = json.loads(encode_file([block], other.namespace)[0][8:])
    described = json.loads(header["__metadata__"]["blocks"])
    described[0]["crc32"] = {"0.k": 0}
    header["__metadata__"]["blocks"] = json.dumps(described)
    header["0.0.k"] = {"dtype": "U8", "shape": shape, "data_offsets": [0, 1]}
    put_text(folder, json.dumps(header))

    with pytest.raises(InvalidRequest, match="impossible shape"):
        unpack(folder, other, destined(engine_with(1), [block]))


@pytest.mark.parametrize(
    "header", ["[" * 100_000, '{"__metadata__": 1}', "[]", "1" * 10_000, '{"__metadata__": {}}']
)
def test_a_header_that_is_none_is_refused(other: Shelf, folder: Path, header: str) -> None:
    put_text(folder, header)

    with pytest.raises(InvalidRequest, match="cannot be used"):
        unpack(folder, other, destined(engine_with(1), even_blocks(1)))


def test_a_shelf_that_cannot_be_written_is_left_as_it_was(
    other: Shelf, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks = even_blocks(4)
    for block in blocks:
        put(folder, other, [block])
    write, num_written = Shelf.write, 0

    def fill(shelf: Shelf, blocks: Sequence[ShelfBlock], owner: str = "") -> str:
        nonlocal num_written
        num_written += 1
        if num_written == 3:
            raise OSError(28, "No space left on device")
        return write(shelf, blocks, owner)

    monkeypatch.setattr(Shelf, "write", fill)
    with pytest.raises(OSError, match="No space"):
        unpack(folder, other, destined(engine_of(blocks[0]), blocks))

    assert other.scan() == []
