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

    def keep(self, row: Row) -> Stored:
        stored: list[Stored] = []
        background = Background(lambda job: job())
        self._keeper(background).keep(
            row, ROOT, PROMPT[: row.length], only_full=False, owner="", then=stored.append
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
