"""Rounds of an engine that works, is killed with -9, and must have lost nothing."""

import os
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import orjson
from pydantic import TypeAdapter

from benchmarks.crash.protocol import Acknowledged, Assignment
from benchmarks.crash.reference import Reference

NUM_SESSIONS = 6
MAX_WORK_S = 1.2
"""A worker is killed within so many seconds after its first turn, or after it is ready."""
EARLY = 0.3
"""Share of the workers for which the latter counts."""
READY = b'{"ready":true}\n'
AMPLE = 1 << 30
TIGHT_RESIDENT, TIGHT_AT_REST, TIGHT_SHELF = 1_500_000, 500_000, 3_000_000
"""Bytes for about a third of the sessions: blocks are evicted and files discarded all the time, and
in every other round blocks rest in memory for a while."""
SMALL_FILE = 60_000
DAMAGES = ("truncated", "bit flipped", "two files swapped", "foreign file", "deleted")


@dataclass(slots=True)
class Findings:
    """Counts over all rounds. A wrong token or a lost turn is a failure of the product."""

    num_rounds: int = 0
    num_turns: int = 0
    num_first_turns: int = 0
    num_wrong: int = 0
    most_recomputed: int = 0
    damages: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)


class EngineRounds:
    """Sessions that go on over any number of killed engines on one shelf."""

    def __init__(self, folder: Path, model: Path, reference: Reference, seed: int) -> None:
        self._shelf = folder / "shelf"
        self._model = model
        self._reference = reference
        self._dice = random.Random(seed)  # noqa: S311  reproducible rounds
        self._sessions: dict[str, list[int]] = {f"s{n}": [] for n in range(NUM_SESSIONS)}
        self._is_damaged = False
        self.findings = Findings()

    def run(self, *, is_tight: bool, may_damage: bool) -> None:
        """One round: work until the kill, then check every turn that was acknowledged."""
        findings = self.findings
        if may_damage and self._dice.random() < 0.5:
            self._damage()
        is_full = may_damage and self._dice.random() < 0.15
        if is_full:
            findings.damages["disk full"] = findings.damages.get("disk full", 0) + 1
        turns = self._work(is_tight=is_tight, is_full=is_full)
        seen: set[str] = set()
        for turn in turns:
            before = len(self._sessions[turn.session])
            if turn.session not in seen and before and turn.num_prompt > before:
                findings.num_first_turns += 1
                if not (is_tight or self._is_damaged):
                    recomputed = before - 1 - turn.num_cached
                    findings.most_recomputed = max(findings.most_recomputed, recomputed)
            seen.add(turn.session)
            self._check(turn)
            self._sessions[turn.session] = turn.tokens
        findings.num_rounds += 1
        findings.num_turns += len(turns)
        # What was not written, or not wanted, in this round is missing in the next.
        self._is_damaged = is_full or (is_tight and may_damage)

    def _check(self, turn: Acknowledged) -> None:
        prompt, said = turn.tokens[: turn.num_prompt], turn.tokens[turn.num_prompt :]
        if (expected := self._reference.answer(prompt, len(said))) != said:
            self.findings.num_wrong += 1
            self.findings.failures.append(f"{turn.session}: {said} instead of {expected}")

    def _work(self, *, is_tight: bool, is_full: bool) -> list[Acknowledged]:
        assignment = Assignment(
            shelf=str(self._shelf),
            model=str(self._model),
            seed=self._dice.randrange(1 << 30),
            sessions=self._sessions,
            resident_budget=TIGHT_RESIDENT if is_tight else AMPLE,
            at_rest_budget=TIGHT_AT_REST * (self.findings.num_rounds % 2),
            shelf_budget=TIGHT_SHELF if is_tight else AMPLE,
            max_file_bytes=SMALL_FILE if is_full else None,
        )
        with subprocess.Popen(
            (sys.executable, "-m", "benchmarks.crash.worker"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as worker:
            assert worker.stdin is not None
            worker.stdin.write(orjson.dumps(asdict(assignment)))
            worker.stdin.close()
            turns = list(self._listen(worker))
        if worker.returncode != -9:
            raise RuntimeError(f"the worker ended by itself with {worker.returncode}")
        return turns

    def _listen(self, worker: "subprocess.Popen[bytes]") -> Iterator[Acknowledged]:
        """What it acknowledges until it is killed; a line that was cut off was not said."""
        assert worker.stdout is not None
        is_turn = TypeAdapter(Acknowledged)
        # Some are killed in the middle of their first turns, while they restore.
        is_early = self._dice.random() < EARLY
        delay_s = self._dice.random() * MAX_WORK_S
        is_doomed = False
        for line in worker.stdout:
            if not is_doomed and (is_early or line != READY):
                is_doomed = True
                threading.Timer(delay_s, worker.kill).start()
            if line.endswith(b"\n") and line != READY:
                yield is_turn.validate_json(line)

    def _damage(self) -> None:
        # Those included that have the beginnings of a snapshot's windows.
        files = sorted(path for path in self._shelf.rglob("*.safetensors*") if path.is_file())
        files = [path for path in files if "quarantine" not in path.parts]
        if len(files) < 2:
            return
        kind = self._dice.choice(DAMAGES)
        one, other = self._dice.sample(files, 2)
        content = bytearray(one.read_bytes())
        match kind:
            case "truncated":
                os.truncate(one, self._dice.randrange(len(content)))
            case "bit flipped":
                content[self._dice.randrange(len(content))] ^= 1 << self._dice.randrange(8)
                one.write_bytes(content)
            case "two files swapped":
                one.write_bytes(other.read_bytes())
                other.write_bytes(content)
            case "foreign file":
                one.write_bytes(self._dice.randbytes(len(content)))
            case _:
                one.unlink()
        self._is_damaged = True
        self.findings.damages[kind] = self.findings.damages.get(kind, 0) + 1
