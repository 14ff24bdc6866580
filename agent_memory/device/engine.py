"""The engine: a model, its thread, and generations as streams of events."""

import asyncio
from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path
from typing import Self

from agent_memory.device.admission import Admission
from agent_memory.device.batch_rows import most_rows
from agent_memory.device.event_stream import EventStream
from agent_memory.device.machine import ModelMachine
from agent_memory.device.mlx_thread import MlxThread
from agent_memory.device.models.model_files import check_model
from agent_memory.device.models.weights import check_room, release_memory
from agent_memory.engine.info import EngineInfo
from agent_memory.engine.request import GenerationRequest
from agent_memory.engine.stats import EngineStats
from agent_memory.errors import (
    AgentMemoryError,
    EngineUnavailable,
    InvalidRequest,
    ModelNotUsable,
    PromptTooLong,
)
from agent_memory.ids import BlockHash, LeaseId
from agent_memory.prompts.request import PromptRequest, RenderedPrompt
from agent_memory.settings import Settings

_MAX_LOGPROBS = 20


class MlxEngine:
    """One model on this machine. `render` and `stats` may be called from any thread, `generate`
    in any event loop."""

    def __init__(
        self, thread: MlxThread, machine: ModelMachine, admission: Admission, settings: Settings
    ) -> None:
        self._thread = thread
        self._machine = machine
        self._admission = admission
        self._max_rows = most_rows(settings)

    @classmethod
    def load(cls, folder: Path, name: str, settings: Settings, shelf_folder: Path | None) -> Self:
        """Load a model and get it ready; blocks. `shelf_folder`: where KV is kept on disk, or
        None. Raises `ModelNotUsable`."""
        cls.check(folder, name)
        release_memory()
        thread = MlxThread()
        admission = Admission(most_rows(settings), settings.max_waiting)
        try:
            machine = thread.call(
                lambda: ModelMachine(
                    folder,
                    name,
                    settings,
                    shelf_folder,
                    post=thread.post,
                    admission=admission,
                )
            )
        except AgentMemoryError:
            thread.stop()
            raise
        except Exception as error:
            # Configurations are read by several libraries, each with errors of its own.
            thread.stop()
            raise ModelNotUsable(name, f"{type(error).__name__}: {error}") from error
        thread.run(machine)
        return cls(thread, machine, admission, settings)

    @staticmethod
    def check(folder: Path, name: str) -> None:
        """Raise `ModelNotUsable` when it can be told without loading: from the files, and from the
        memory there is, that of a loaded model included."""
        check_model(folder)
        check_room(folder, name)

    @property
    def info(self) -> EngineInfo:
        return self._machine.info

    def render(self, request: PromptRequest) -> RenderedPrompt:
        """The prompt in token ids. Raises `InvalidRequest`."""
        return self._machine.prompter.render(request)

    def tokenizer_json(self) -> str | None:
        """See `Prompter.tokenizer_json`."""
        return self._machine.prompter.tokenizer_json()

    def generate(self, request: GenerationRequest) -> EventStream:
        """Begin a generation. Must be called in the event loop that reads its events.

        Raises `InvalidRequest`, `QueueFull`, `Draining` or `EngineUnavailable`; what fails later
        is raised by the stream, after its last event.
        """
        self._check(request)
        if not self._thread.is_well:
            raise EngineUnavailable("The engine has stopped.")
        key = self._admission.enter(request.sampling.n, is_resumed=request.is_resumed)
        stream = EventStream(
            asyncio.get_running_loop(),
            cancel=partial(self._thread.post, partial(self._machine.loop.cancel, key)),
        )
        self._thread.post(partial(self._machine.submit, key, request, stream))
        return stream

    def drop(self, hashes: Sequence[BlockHash]) -> None:
        """Have blocks that are in memory forgotten, soon. Unknown ones do not matter."""
        self._thread.post(partial(self._machine.drop, tuple(hashes)))

    def preempt(self, lease_ids: Collection[LeaseId]) -> None:
        """Have generations give up their room, soon; see `StepLoop.preempt`."""
        self._thread.post(partial(self._machine.loop.preempt, frozenset(lease_ids)))

    def stats(self) -> EngineStats:
        return self._machine.stats()

    async def drain(self, grace_s: float) -> None:
        """Take nothing new, let what runs finish for `grace_s` seconds, cancel the rest."""
        loop = asyncio.get_running_loop()
        is_empty = asyncio.Event()
        self._admission.drain(partial(_set_from_thread, is_empty, loop))
        try:
            await asyncio.wait_for(is_empty.wait(), grace_s)
        except TimeoutError:
            self._thread.post(self._machine.loop.cancel_all)
            await is_empty.wait()

    def close(self) -> None:
        """Cancel what runs, finish what is being written, and end the thread; blocks."""
        self._thread.stop()

    def _check(self, request: GenerationRequest) -> None:
        sampling, window = request.sampling, self.info.context_window
        num_prompt = len(request.prompt_tokens)
        if num_prompt == 0:
            raise InvalidRequest("The prompt is empty.", "messages")
        if num_prompt >= window:
            raise PromptTooLong(num_prompt, window - 1)
        if sampling.max_tokens < 1:
            raise InvalidRequest("max_tokens must be at least 1.", "max_tokens")
        if not 1 <= sampling.n <= self._max_rows:
            raise InvalidRequest(f"n must be between 1 and {self._max_rows}.", "n")
        num_logits = self._machine.num_logits
        if max(request.prompt_tokens) >= num_logits or min(request.prompt_tokens) < 0:
            raise InvalidRequest("The prompt holds a token that the model does not have.")
        if any(not 0 <= token_id < num_logits for token_id in sampling.logit_bias):
            raise InvalidRequest("logit_bias names a token that does not exist.", "logit_bias")
        if request.forced_tokens and sampling.n > 1:
            raise InvalidRequest("Only a single choice can be resumed.", "n")
        if (sampling.num_logprobs or 0) > _MAX_LOGPROBS:
            raise InvalidRequest(f"top_logprobs must be at most {_MAX_LOGPROBS}.", "top_logprobs")
        # Made here only to be refused here; it is remembered for when it is needed.
        self._machine.constrainer.new_constraint(request)


def _set_from_thread(event: asyncio.Event, loop: asyncio.AbstractEventLoop) -> None:
    loop.call_soon_threadsafe(event.set)
