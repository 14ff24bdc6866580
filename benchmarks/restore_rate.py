"""How fast does a session's KV come back from disk, against a plain read of the same files?

Blocks of a model's shape lie on a shelf, as a session of several turns leaves them. What a lease
names is restored as the engine does it: read straight into a row's buffers in MLX's memory, every
tensor checked, until the row can be made. A plain read is `readinto` of the same files, in order,
into memory that is new as well. Both begin with the files' pages dropped from memory ("disk"), or
with all of them in memory ("memory"). Rounds alternate. No server and no model: nothing else runs.
"""

import argparse
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import mlx.core as mx
import numpy as np

from agent_memory.cache.hashing import chain_hash, root_hash
from agent_memory.cache.lease import CachedBlock, Lease, Location
from agent_memory.device.background import Background
from agent_memory.device.kv.block_store import BlockStore
from agent_memory.device.kv.kv_block import KvBlock, to_host
from agent_memory.device.kv.leased_prefix import PrefixGatherer
from agent_memory.device.rows.row_buffers import Forms, TokenForm
from agent_memory.device.shelf.shelf import Shelf
from agent_memory.engine.request import GenerationRequest
from agent_memory.ids import LeaseId
from agent_memory.testing.models import SHAPES
from agent_memory.turns.sampling import SamplingParams
from benchmarks.harness.page_cache import forget_pages
from benchmarks.harness.report import Report
from benchmarks.harness.run import run
from benchmarks.harness.workplace import scratch_folder

AIM = 0.7
ROOT = root_hash("model", "float32", "benchmark")


@dataclass(frozen=True, slots=True)
class Sample:
    """One round: seconds on the wall and of CPU in all threads."""

    wall_s: float
    cpu_s: float


class Restoring:
    """One session on a shelf, restored as often as wanted."""

    def __init__(self, folder: Path, forms: Forms, num_turns: int, block_size: int) -> None:
        self._forms = forms
        self._shelf = Shelf(folder, "model", "float32", None)
        self._cached: list[CachedBlock] = []
        self._tokens: tuple[int, ...] = ()
        self.nbytes = 0
        for turn in range(num_turns):
            self._write(turn, block_size)

    def __call__(self) -> None:
        """From the lease to the row."""
        background = Background(lambda command: command())
        gatherer = PrefixGatherer(
            BlockStore(), self._shelf, background, needs_snapshot=False, forms=self._forms
        )
        lease = Lease(LeaseId("lease"), 0, tuple(self._cached), len(self._tokens))
        request = GenerationRequest(
            "r", "w", ROOT, (*self._tokens, 0), SamplingParams(max_tokens=1), lease
        )
        is_there = threading.Event()
        gatherer.prepare(0, request, lambda _: is_there.set())
        is_there.wait()
        prefix = gatherer.take(0, request)
        background.close()
        if prefix.num_from_shelf != len(self._tokens) or prefix.buffers is None:
            raise RuntimeError("not everything was restored")
        prefix.buffers.take()

    def _write(self, turn: int, block_size: int) -> None:
        """A file of two full blocks, as a turn of so many tokens leaves it."""
        parent = self._cached[-1].hash if self._cached else ROOT
        blocks = []
        for number in range(2):
            tokens = tuple(range(len(self._tokens), len(self._tokens) + block_size))
            key = mx.random.key(2 * turn + number)
            tensors = {
                name: mx.random.normal((1, form.heads, block_size, form.size), form.dtype, key=key)
                for name, form in self._forms.items()
            }
            blocks.append(KvBlock(chain_hash(parent, tokens), parent, tokens, tensors))
            self._tokens += tokens
            parent = blocks[-1].hash
        file = self._shelf.write([to_host(block) for block in blocks])
        for block in blocks:
            self.nbytes += block.nbytes
            self._cached.append(
                CachedBlock(block.hash, block_size, block_size, Location.SHELF, file)
            )


def main() -> None:
    arguments = _arguments()
    report = Report("restore_rate", __doc__, arguments)
    with scratch_folder() as folder:
        forms = _forms(arguments.shape)
        restore = Restoring(folder, forms, arguments.turns, arguments.block_size)
        files = sorted(path for path in folder.rglob("*.safetensors") if path.is_file())
        can_forget = forget_pages(folder)
        if not can_forget:
            report.say("this system cannot drop the pages of files: all is read from memory")
        samples: dict[str, dict[str, list[Sample]]] = {}
        for place in ("disk", "memory"):
            before = (lambda: forget_pages(folder)) if place == "disk" else (lambda: True)
            samples[place] = _alternate(restore, lambda: _plain(files), before, arguments.rounds)
    _show(report, samples, restore.nbytes)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", default="smollm2-135m", help="of the model")
    parser.add_argument("--turns", type=int, default=4, help="files, of two blocks each")
    parser.add_argument("--block-size", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=9)
    return parser.parse_args()


def _forms(shape: str) -> Forms:
    config = SHAPES[shape]
    layers, heads, size = (
        int(str(config[name])) for name in ("num_hidden_layers", "num_key_value_heads", "head_dim")
    )
    form = TokenForm(heads, size, mx.float32)
    return {f"{layer}.{kind}": form for layer in range(layers) for kind in "kv"}


def _plain(files: Sequence[Path]) -> None:
    for path in files:
        room = np.empty(path.stat().st_size, np.uint8)
        with path.open("rb", buffering=0) as file:
            begin = 0
            while num_read := file.readinto(room[begin:].data):
                begin += num_read


def _alternate(
    restore: Callable[[], None],
    plain: Callable[[], None],
    before: Callable[[], bool],
    num_rounds: int,
) -> dict[str, list[Sample]]:
    found: dict[str, list[Sample]] = {"restore": [], "plain": []}
    jobs = [("restore", restore), ("plain", plain)]
    for number in range(num_rounds + 1):
        for name, job in jobs if number % 2 else reversed(jobs):
            before()
            cpu_s, started_at = time.process_time(), time.perf_counter()
            job()
            sample = Sample(time.perf_counter() - started_at, time.process_time() - cpu_s)
            if number:  # the first round finds everything new
                found[name].append(sample)
    return found


def _show(report: Report, samples: dict[str, dict[str, list[Sample]]], nbytes: int) -> None:
    rows: list[list[object]] = []
    ratios: dict[str, float] = {}
    for place, found in samples.items():
        wall = {name: median(sample.wall_s for sample in each) for name, each in found.items()}
        cpu = {name: median(sample.cpu_s for sample in each) for name, each in found.items()}
        pairs = zip(found["plain"], found["restore"], strict=True)
        ratios[place] = median(plain.wall_s / restore.wall_s for plain, restore in pairs)
        rows.append(
            [
                place,
                nbytes / wall["restore"] / 1e6,
                nbytes / wall["plain"] / 1e6,
                ratios[place],
                cpu["restore"] * 1000,
                cpu["plain"] * 1000,
            ]
        )
    report.table(
        ["from", "restore MB/s", "plain MB/s", "restore ÷ plain", "restore CPU ms", "plain CPU ms"],
        rows,
    )
    report.conclude(f"{nbytes / 1e6:.0f} MB. Aim: at least {AIM} from the disk.")
    report.write({"nbytes": nbytes, "ratios": ratios, "samples": samples})


if __name__ == "__main__":
    run(main)
