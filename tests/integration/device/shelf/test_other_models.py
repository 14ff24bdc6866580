"""Files on the shelf of models that are not loaded give way, and can be erased."""

import os
from dataclasses import replace
from pathlib import Path

from agent_memory.cache.hashing import chain_hash, root_hash
from agent_memory.device.kv.host_tensor import ShelfBlock
from agent_memory.device.shelf.file_format import Namespace
from agent_memory.device.shelf.other_models import OtherModels
from agent_memory.device.shelf.shelf import Shelf
from agent_memory.ids import BlockOwner, WorkspaceId
from tests.integration.device.shelf_blocks import make_blocks

OWNER = BlockOwner("workspace/session")
WORKSPACE = WorkspaceId("workspace")
LOADED = Namespace("loaded", "float32")


def blocks_of(model: str, num_blocks: int, seed: int = 0) -> list[ShelfBlock]:
    """A chain of blocks that `model` has computed."""
    parent = root_hash(model, "float32", WORKSPACE)
    blocks = []
    for block in make_blocks(num_blocks, seed=seed):
        name = chain_hash(parent, block.token_ids)
        blocks.append(replace(block, hash=name, parent=parent))
        parent = name
    return blocks


def tokens_of(blocks: list[ShelfBlock]) -> tuple[int, ...]:
    return tuple(token for block in blocks for token in block.token_ids)


def write(folder: Path, model: str, num_files: int, used_at: int = 0) -> list[Path]:
    """Files of one block each, on the shelf of `model`, each used a second after the one before."""
    shelf = Shelf(folder, model, "float32")
    paths = []
    for number in range(num_files):
        file = shelf.write(blocks_of(model, 1, seed=number))
        path = folder / shelf.namespace.folder / file[:2] / file
        os.utime(path, (used_at + number, used_at + number))
        paths.append(path)
    return paths


def test_their_files_go_one_by_one_those_used_longest_ago_first(tmp_path: Path) -> None:
    old, young = write(tmp_path, "former", 3), write(tmp_path, "recent", 1, used_at=9)
    sizes = [path.stat().st_size for path in (*old, *young)]
    others = OtherModels(tmp_path, LOADED, None)
    assert others.nbytes == sum(sizes)

    assert others.make_room(sizes[0] + sizes[1], budget=sum(sizes)) == 2

    assert [path.exists() for path in (*old, *young)] == [False, False, True, True]
    assert others.nbytes == sum(sizes[2:])
    journal = (tmp_path / "journal.jsonl").read_text().splitlines()
    assert [old[0].name in journal[-2], old[1].name in journal[-1]] == [True, True]


def test_our_own_files_are_not_theirs(tmp_path: Path) -> None:
    own = write(tmp_path, "loaded", 2)
    others = OtherModels(tmp_path, LOADED, None)
    assert others.nbytes == 0
    assert others.make_room(1, budget=0) == 0
    assert all(path.exists() for path in own)


def test_a_deleted_session_is_erased_from_a_shelf_whose_model_is_not_loaded(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, "former", "float32")
    mine, yours = blocks_of("former", 2), blocks_of("former", 2, seed=7)
    shelf.write(mine)
    kept = shelf.write(yours)
    OtherModels(tmp_path, shelf.namespace, None)  # while it was loaded

    OtherModels(tmp_path, LOADED, None).erase(WORKSPACE, OWNER, [tokens_of(mine)])

    assert [entry.file for entry in shelf.scan()] == [kept]


def test_without_a_loaded_model_every_shelf_is_looked_through(tmp_path: Path) -> None:
    blocks = blocks_of("loaded", 2)
    shelf = Shelf(tmp_path, "loaded", "float32")
    shelf.write(blocks)
    OtherModels(tmp_path, LOADED, None)

    OtherModels(tmp_path, None, None).erase(WORKSPACE, OWNER, [tokens_of(blocks)])

    assert shelf.scan() == []


def test_a_sealed_shelf_is_erased_with_its_key_and_left_alone_without(tmp_path: Path) -> None:
    key = bytes(range(32))
    blocks = blocks_of("former", 1)
    shelf = Shelf(tmp_path, "former", "float32", key)
    shelf.write(blocks)
    OtherModels(tmp_path, shelf.namespace, key)

    OtherModels(tmp_path, LOADED, None).erase(WORKSPACE, OWNER, [tokens_of(blocks)])
    assert len(shelf.scan()) == 1

    OtherModels(tmp_path, LOADED, key).erase(WORKSPACE, OWNER, [tokens_of(blocks)])
    assert shelf.scan() == []
