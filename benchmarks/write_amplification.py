"""How many bytes does a turn write to the shelf for each byte of KV that it adds?

One engine and its pool take the turns of a session one after another, each with the whole history
as its prompt, which the cache knows. Counted is what the process gave to the system to write
(as Linux counts them) from the request to the end of the turn: tails, headers and the journal
included. New are the keys and values of the tokens that the turn has added to the sequence, in
layers with a window as many as the window has room for. No server runs, so that nothing else
writes; the model is small, and its weights are random. Models with windows also take turns of the
same length each, as many as make two thousand tokens.
"""

import argparse
import asyncio
import json
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from agent_memory.cache.hashing import root_hash
from agent_memory.cache.pool import BlockPool
from agent_memory.device.engine import MlxEngine
from agent_memory.device.shelf.shelf import Shelf
from agent_memory.engine.events import Generated, Restored, Stored
from agent_memory.engine.request import GenerationRequest
from agent_memory.ids import LeaseId, WorkspaceId
from agent_memory.settings import Settings
from agent_memory.turns.answer_form import AnswerForm
from agent_memory.turns.sampling import SamplingParams
from benchmarks.harness.report import Report
from benchmarks.harness.run import run
from benchmarks.harness.workplace import workplace

AIM = 1.15
SHORT_TURN, AIM_SHORT = 20, 2.0
"""Tokens of a turn for which less is aimed at: every file has a header."""
_AMPLE = 1 << 34
_NUM_TOKENS = 2_000


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn: tokens of its prompt, those of them that were cached, tokens it added to the cache;
    bytes of KV that these are, and bytes written."""

    num_prompt: int
    num_cached: int
    num_new: int
    kv_bytes: int
    written: int


class Session:
    """One conversation, on an engine with a shelf."""

    def __init__(self, model: Path, shelf: Path, block_size: int) -> None:
        self._engine = MlxEngine.load(model, "m", Settings(block_size=block_size), shelf)
        info = self._engine.info
        self._root = root_hash(info.fingerprint, info.kv_format, WorkspaceId("w"))
        self._bytes_per_token = info.bytes_per_token
        config = json.loads((model / "config.json").read_bytes())
        self._window = int(config.get("sliding_window", 0))
        self._pool = BlockPool(
            block_size,
            info.bytes_per_token,
            _AMPLE,
            _AMPLE,
            time.time,
            has_snapshots=info.has_snapshots,
        )
        self._pool.reset_resident(info.incarnation)
        self._shelf = Shelf(shelf, info.fingerprint, info.kv_format)
        self._sequence: tuple[int, ...] = ()
        self._num_stored = 0

    async def take(self, message: Sequence[int], max_tokens: int) -> Turn:
        prompt = (*self._sequence, *message)
        lease = self._pool.lease(self._root, prompt, max_tokens, LeaseId("turn"), "session")
        assert lease is not None
        sampling = SamplingParams(max_tokens=max_tokens, temperature=0.0)
        request = GenerationRequest(
            "r",
            "w",
            self._root,
            prompt,
            sampling,
            lease,
            form=AnswerForm(parse=False),
            owner="session",
        )
        restored, stored, tokens = Restored(0, 0), Stored((), 0), list(prompt)
        before = _bytes_written()
        async for event in self._engine.generate(request):
            match event:
                case Restored():
                    restored = event
                case Generated(token_ids=token_ids):
                    tokens.extend(token_ids)
                case Stored():
                    stored = event
                case _:
                    pass
        written = _bytes_written() - before
        self._pool.publish(lease.lease_id, stored.blocks, restored.bad_files)
        self._sequence = tuple(tokens)
        num_new, self._num_stored = stored.num_tokens - self._num_stored, stored.num_tokens
        kv_bytes = num_new * self._bytes_per_token + self._window_bytes(stored, num_new)
        return Turn(len(prompt), restored.num_cached_tokens, num_new, kv_bytes, written)

    def _window_bytes(self, stored: Stored, num_new: int) -> int:
        """Of the new tokens that the windows have when the turn is over."""
        snapshot = next((block for block in reversed(stored.blocks) if block.is_snapshot), None)
        if snapshot is None or not self._window:
            return 0
        length = min(stored.num_tokens, self._window - 1)
        nbytes = snapshot.nbytes - len(snapshot.token_ids) * self._bytes_per_token
        return nbytes * min(num_new, length) // length

    @property
    def num_files(self) -> int:
        """On the shelf in the end, once what was outgrown is gone."""
        for file in self._pool.forget_owner("nobody"):
            self._shelf.delete(file)
        return len(self._shelf.scan())

    def close(self) -> None:
        self._engine.close()


def main() -> None:
    arguments = _arguments()
    report = Report("write_amplification", __doc__, arguments)
    series = [(shape, None) for shape in arguments.shapes]
    series += [(arguments.window_shape, length) for length in arguments.turn_lengths]
    figures: dict[str, list[Turn]] = {}
    rows: list[list[object]] = []
    for shape, length in series:
        name = shape if length is None else f"{shape}, {length} a turn"
        with workplace(shape) as place:
            session = Session(place.model, place.folder / "shelf", arguments.block_size)
            figures[name] = turns = asyncio.run(_converse(session, arguments, length))
            rows.append([name, *_sums(turns), session.num_files])
            session.close()
    columns = ["model", "turns", "new tokens", "new KV MB", "written MB", "÷ new", "files"]
    report.table(columns, rows)
    report.conclude(f"Aim: at most {AIM}; below {AIM_SHORT} for turns of {SHORT_TURN} or fewer.")
    report.write({"ratios": {n: _amplification(t) for n, t in figures.items()}, "turns": figures})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shapes", nargs="*", default=["wide-llama", "wide-gemma3"])
    parser.add_argument("--turns", type=int, default=10)
    parser.add_argument("--message", type=int, nargs=2, default=[20, 200], help="tokens, from to")
    parser.add_argument("--answer-tokens", type=int, default=40)
    parser.add_argument("--block-size", type=int, default=256)
    parser.add_argument("--window-shape", default="long-windows")
    parser.add_argument(
        "--turn-lengths", type=int, nargs="*", default=[10, 20, 100, 400], help="tokens, both sides"
    )
    return parser.parse_args()


async def _converse(
    session: Session, arguments: argparse.Namespace, length: int | None
) -> list[Turn]:
    """Turns of `length` tokens each, or messages at random and answers."""
    dice = random.Random(1)  # noqa: S311  reproducible lengths
    num_turns, num_answer = arguments.turns, arguments.answer_tokens
    if length is not None:
        num_turns, num_answer = max(5, _NUM_TOKENS // length), min(num_answer, length // 2)
    turns = []
    for _ in range(num_turns):
        num = dice.randint(*arguments.message) if length is None else length - num_answer
        message = [10 + dice.randrange(400) for _ in range(num)]
        turns.append(await session.take(message, num_answer))
    return turns


def _sums(turns: Sequence[Turn]) -> list[object]:
    return [
        len(turns),
        sum(turn.num_new for turn in turns),
        sum(turn.kv_bytes for turn in turns) / 1e6,
        sum(turn.written for turn in turns) / 1e6,
        _amplification(turns),
    ]


def _amplification(turns: Sequence[Turn]) -> float:
    return sum(turn.written for turn in turns) / sum(turn.kv_bytes for turn in turns)


def _bytes_written() -> int:
    if sys.platform != "linux":
        sys.exit("How many bytes a process has written is told by Linux alone.")
    return int(psutil.Process().io_counters().write_chars)


if __name__ == "__main__":
    run(main)
