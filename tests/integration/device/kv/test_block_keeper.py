"""The blocks that are kept of a row whose layers have windows."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import mlx.core as mx
import pytest
from mlx_lm.utils import load_model

from agent_memory.cache.hashing import root_hash
from agent_memory.device.background import Background
from agent_memory.device.kv.block_keeper import BlockKeeper
from agent_memory.device.kv.block_store import BlockStore
from agent_memory.device.kv.cache_layout import CacheLayout
from agent_memory.device.kv.kv_block import KvBlock
from agent_memory.device.rows.row import Row
from agent_memory.device.shelf.fading_keys import FadingKeys
from agent_memory.device.shelf.file_format import key_id_of
from agent_memory.device.shelf.shelf import Shelf
from agent_memory.engine.events import Stored
from tests.integration.device.conftest import BLOCK_SIZE
from tests.integration.device.engine_driver import a_prompt

ROOT = root_hash("model", "float32", "workspace")
PROMPT = a_prompt(60)


class Bench:
    """A model without an engine, and all that is needed to keep its rows."""

    def __init__(self, model: Any, folder: Path) -> None:
        self.model, self.layout, self.store = model, CacheLayout(model), BlockStore()
        self.folder, self.shelf = folder, Shelf(folder, "model", "float32")

    def row(self) -> Row:
        return Row(self.layout.new_layers())

    def feed(self, row: Row, token_ids: Sequence[int]) -> None:
        mx.eval(self.model(mx.array([list(token_ids)]), cache=row.layers))
        row.length += len(token_ids)

    def mark(self, row: Row) -> KvBlock | None:
        return self._keeper(Background(lambda job: job())).mark(row, ROOT, PROMPT[: row.length])

    def keep(self, row: Row, *, is_fading: bool = False) -> Stored:
        stored: list[Stored] = []
        background = Background(lambda job: job())
        self._keeper(background).keep(
            row,
            ROOT,
            PROMPT[: row.length],
            only_full=False,
            owner="",
            then=stored.append,
            is_fading=is_fading,
        )
        background.close()
        return stored[0]

    def _keeper(self, background: Background) -> BlockKeeper:
        return BlockKeeper(self.layout, BLOCK_SIZE, self.store, self.shelf, background)


@pytest.fixture
def bench(model_folder: Callable[[str], Path], tmp_path: Path) -> Bench:
    return Bench(load_model(model_folder("gemma3"))[0], tmp_path)


def test_snapshots_on_the_way_and_at_the_end_share_their_windows(bench: Bench) -> None:
    row = bench.row()
    for begin, end in ((0, 33), (33, 41), (41, 50)):
        bench.feed(row, PROMPT[begin:end])
        bench.mark(row)
    stored = bench.keep(row)
    assert stored.num_tokens == 50
    assert [len(b.token_ids) for b in stored.blocks if not b.is_snapshot] == [16, 16, 8, 9]
    assert sum(b.is_snapshot for b in stored.blocks) == 3
    assert len(list(bench.folder.rglob("*.w*"))) == 1 + 2
    for block in stored.blocks:
        assert bench.shelf.read(block.file or "", [block.hash])


def test_the_snapshot_of_another_row_is_not_gone_on_from(bench: Bench) -> None:
    other = bench.row()
    bench.feed(other, PROMPT[:41])
    mark = bench.mark(other)
    assert mark is not None
    # Rows computed in other company do not have the same bits.
    odd = replace(mark, tensors={name: tensor + 1 for name, tensor in mark.tensors.items()})
    other.marks = [replace(other.marks[0], block=odd)]
    bench.keep(other)

    row = bench.row()
    bench.feed(row, PROMPT[:41])
    assert bench.mark(row) is bench.store.get(mark.hash)
    bench.feed(row, PROMPT[41:50])
    last = bench.keep(row).blocks[-1]

    assert last.is_snapshot
    assert bench.shelf.read(last.file or "", [last.hash])


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(params=["gemma3", "llama"])
def fading(
    request: pytest.FixtureRequest, model_folder: Callable[[str], Path], tmp_path: Path
) -> tuple[Bench, Clock]:
    """A bench whose shelf has fading keys, with windows and without."""
    bench, clock = Bench(load_model(model_folder(request.param))[0], tmp_path), Clock()
    bench.shelf = Shelf(
        tmp_path, "model", "float32", None, FadingKeys(tmp_path, 1000.0, None, clock)
    )
    return bench, clock


def files_of(stored: Stored) -> set[str]:
    assert all(block.file is not None for block in stored.blocks)
    return {block.file or "" for block in stored.blocks}


def is_sealed(file: str) -> bool:
    return key_id_of(file) is not None


def test_only_what_a_fading_row_is_the_first_to_write_is_sealed(
    fading: tuple[Bench, Clock],
) -> None:
    bench, _ = fading
    row = bench.row()
    bench.feed(row, PROMPT[:32])
    plain = files_of(bench.keep(row))
    assert not any(map(is_sealed, plain))
    bench.feed(row, PROMPT[32:50])
    row.ends, row.marks = (), []
    stored = bench.keep(row, is_fading=True)
    before = [block for block in stored.blocks if block.file in plain]
    after = [block for block in stored.blocks if block.file not in plain]
    assert before
    assert all(block.fades_at is None for block in before)
    assert after
    assert all(is_sealed(block.file or "") for block in after)
    assert {block.fades_at for block in after} == {1_000_000.0 + 1000.0}


def test_a_row_that_lasts_writes_again_what_was_sealed(fading: tuple[Bench, Clock]) -> None:
    bench, clock = fading
    row = bench.row()
    bench.feed(row, PROMPT[:50])
    sealed = bench.keep(row, is_fading=True)
    assert all(map(is_sealed, files_of(sealed)))
    lasting = bench.keep(row)
    assert {block.hash for block in lasting.blocks} == {block.hash for block in sealed.blocks}
    assert not any(map(is_sealed, files_of(lasting)))
    assert {block.fades_at for block in lasting.blocks} == {None}
    clock.now += 1000.0
    for block in lasting.blocks:
        assert bench.shelf.read(block.file or "", [block.hash])


def test_a_later_key_seals_again_what_an_earlier_one_has_sealed(
    fading: tuple[Bench, Clock],
) -> None:
    bench, clock = fading
    row = bench.row()
    bench.feed(row, PROMPT[:50])
    first = files_of(bench.keep(row, is_fading=True))
    assert files_of(bench.keep(row, is_fading=True)) == first
    clock.now += 500.0
    second = bench.keep(row, is_fading=True)
    assert not files_of(second) & first
    assert {block.fades_at for block in second.blocks} == {1_000_000.0 + 1500.0}


def test_where_nothing_may_be_written_a_fading_row_stays_in_memory(
    fading: tuple[Bench, Clock], tmp_path: Path
) -> None:
    bench, clock = fading
    keys = FadingKeys(tmp_path, 0.0, None, clock)
    bench.shelf = Shelf(tmp_path, "model", "float32", None, keys)
    row = bench.row()
    bench.feed(row, PROMPT[:50])
    stored = bench.keep(row, is_fading=True)
    assert {block.file for block in stored.blocks} == {None}
    assert list(tmp_path.rglob("*.safetensors*")) == []
    assert not any(map(is_sealed, files_of(bench.keep(row))))
