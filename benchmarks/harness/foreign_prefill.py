"""A stream that decodes while somebody else's prompts prefill, in a process of its own.

`python -m benchmarks.harness.foreign_prefill MODEL ours|mlx_lm PROMPT_TOKENS PROMPTS` prints the
figures as JSON. mlx-lm's is its `BatchGenerator`, which its server runs.
"""

import asyncio
import os
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Literal

import orjson
from mlx_lm.generate import BatchGenerator
from mlx_lm.utils import load_model

from agent_memory.cache.hashing import root_hash
from agent_memory.cache.lease import Lease
from agent_memory.device.cpu.blas import find_openblas
from agent_memory.device.engine import MlxEngine
from agent_memory.engine.events import Generated
from agent_memory.engine.request import GenerationRequest
from agent_memory.ids import LeaseId
from agent_memory.settings import Settings
from agent_memory.turns.answer_form import AnswerForm
from agent_memory.turns.sampling import SamplingParams

Way = Literal["ours", "mlx_lm"]
_QUIET_STEPS = 40
_MOST_TOKENS = 4000
_EOS = 2
_STREAM_PROMPT = 48


@dataclass(frozen=True, slots=True)
class Moment:
    """cpu_s: of all threads of the process. wall_s: of `time.perf_counter`."""

    cpu_s: float
    wall_s: float

    def since(self, other: "Moment") -> "Moment":
        return Moment(self.cpu_s - other.cpu_s, self.wall_s - other.wall_s)


def now() -> Moment:
    return Moment(time.process_time(), time.perf_counter())


@dataclass(slots=True)
class Measured:
    """Time between two tokens of the stream, while nothing else happens and while a prompt
    prefills; time from a prompt to its first token, alone and beside the stream."""

    quiet: list[Moment] = field(default_factory=list)
    gaps: list[Moment] = field(default_factory=list)
    alone: list[Moment] = field(default_factory=list)
    beside: list[Moment] = field(default_factory=list)


def stream_beside_prompts(model: Path, way: Way, num_tokens: int, num_prompts: int) -> Measured:
    """Measure in a new process, with the BLAS that the engine gets."""
    openblas = find_openblas()
    env = {} if openblas is None else {"LD_PRELOAD": str(openblas)}
    done = subprocess.run(
        (sys.executable, "-m", __name__, str(model), way, str(num_tokens), str(num_prompts)),
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=True,
    )
    figures = orjson.loads(done.stdout)
    return Measured(**{name: [Moment(**m) for m in moments] for name, moments in figures.items()})


def _prompts(num_tokens: int, count: int) -> list[list[int]]:
    """Prompts that no cache can know from each other."""
    chance = random.Random(0)  # noqa: S311  it only has to look like text
    return [[chance.randrange(10, 500) for _ in range(num_tokens)] for _ in range(count)]


def _gaps(arrivals: Sequence[Moment]) -> list[Moment]:
    return [later.since(sooner) for sooner, later in pairwise(arrivals)]


class _Ours:
    """Our engine, without a shelf: nothing of what is measured comes from there."""

    def __init__(self, folder: Path) -> None:
        self._engine = MlxEngine.load(folder, "measured", Settings(), None)
        self._arrivals: list[Moment] = []
        self._is_quiet = asyncio.Event()

    async def measure(self, num_tokens: int, num_prompts: int) -> Measured:
        prompts = _prompts(num_tokens, 2 * num_prompts + 1)
        await self._ask(prompts.pop())
        measured = Measured()
        for _ in range(num_prompts):
            measured.alone.append(await self._ask(prompts.pop()))
        stream = asyncio.create_task(self._stream())
        await self._is_quiet.wait()
        measured.quiet = _gaps(self._arrivals[4:])
        for _ in range(num_prompts):
            begin = len(self._arrivals)
            measured.beside.append(await self._ask(prompts.pop()))
            measured.gaps += _gaps(self._arrivals[begin - 1 :])
            await asyncio.sleep(2 * measured.quiet[-1].wall_s)
        stream.cancel()
        return measured

    async def _stream(self) -> None:
        async for event in self._engine.generate(self._request(_prompts(_STREAM_PROMPT, 1)[0])):
            if isinstance(event, Generated):
                self._arrivals.append(now())
            if len(self._arrivals) >= _QUIET_STEPS:
                self._is_quiet.set()

    async def _ask(self, prompt: Sequence[int]) -> Moment:
        asked_at, answered_at = now(), None
        async for event in self._engine.generate(self._request(prompt, 1)):
            if isinstance(event, Generated):
                answered_at = now()
        if answered_at is None:
            raise RuntimeError("a prompt was not answered")
        return answered_at.since(asked_at)

    def _request(self, prompt: Sequence[int], max_tokens: int = _MOST_TOKENS) -> GenerationRequest:
        info = self._engine.info
        return GenerationRequest(
            request_id="measured",
            group="measured",
            root=root_hash(info.fingerprint, info.kv_format, "measured"),
            prompt_tokens=tuple(prompt),
            sampling=SamplingParams(max_tokens, temperature=0.0, logit_bias={_EOS: -100.0}),
            lease=Lease(LeaseId("lease"), 0),
            form=AnswerForm(parse=False),
        )


class _Theirs:
    """mlx-lm's generator, asked for its next step as its server asks it."""

    def __init__(self, folder: Path) -> None:
        model, _ = load_model(folder)
        self._generator = BatchGenerator(model, max_tokens=_MOST_TOKENS)

    def measure(self, num_tokens: int, num_prompts: int) -> Measured:
        prompts = _prompts(num_tokens, 2 * num_prompts + 1)
        self._ask(prompts.pop(), None, [])
        measured = Measured()
        for _ in range(num_prompts):
            measured.alone.append(self._ask(prompts.pop(), None, []))
        (stream,) = self._generator.insert(_prompts(_STREAM_PROMPT, 1))
        arrivals: list[Moment] = []
        while len(arrivals) < _QUIET_STEPS:
            self._step(stream, arrivals)
        measured.quiet = _gaps(arrivals[4:])
        for _ in range(num_prompts):
            begin = len(arrivals)
            measured.beside.append(self._ask(prompts.pop(), stream, arrivals))
            self._step(stream, arrivals)
            measured.gaps += _gaps(arrivals[begin - 1 :])
        return measured

    def _ask(self, prompt: list[int], stream: int | None, arrivals: list[Moment]) -> Moment:
        asked_at = now()
        (key,) = self._generator.insert([prompt], max_tokens=[1])
        while key not in self._step(stream, arrivals):
            pass
        return now().since(asked_at)

    def _step(self, stream: int | None, arrivals: list[Moment]) -> set[int]:
        """Whose tokens came."""
        _, responses = self._generator.next()
        came = {response.uid for response in responses}
        if stream in came:
            arrivals.append(now())
        return came


def _measure(folder: Path, way: str, num_tokens: int, num_prompts: int) -> Measured:
    if way == "mlx_lm":
        return _Theirs(folder).measure(num_tokens, num_prompts)
    return asyncio.run(_Ours(folder).measure(num_tokens, num_prompts))


if __name__ == "__main__":
    figures = _measure(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    sys.stdout.write(orjson.dumps(figures).decode())
    sys.stdout.flush()
    # MLX's thread has not been told to stop, and the figures are out.
    os._exit(0)
