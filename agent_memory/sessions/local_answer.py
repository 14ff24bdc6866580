"""An answer of the local engine, over as many engines and pools as it takes."""

import logging
from dataclasses import replace
from typing import assert_never

from agent_memory.cache.hashing import root_hash
from agent_memory.cache.lease import Lease
from agent_memory.cache.terms import LeaseTerms
from agent_memory.engine.events import Finished, Generated, Prefilled, Restored, Stored
from agent_memory.engine.info import EngineInfo
from agent_memory.engine.request import GenerationRequest
from agent_memory.errors import EngineLost, PoolLost, Preempted, StreamInterrupted, Unavailable
from agent_memory.ids import BlockOwner, LeaseId, block_owner, new_id
from agent_memory.sessions.answering import Answered, OpenTurn
from agent_memory.sessions.missing import explain_miss
from agent_memory.sessions.overlapping import overlap_of
from agent_memory.sessions.pinning import find_pins
from agent_memory.sessions.ports import Engine, Generation, Pool
from agent_memory.sessions.prompting import Prompt, build_prompt, fit_to_window
from agent_memory.sessions.recorder import TurnRecorder
from agent_memory.turns.context_edits import AppliedEdit
from agent_memory.turns.events import ChoiceFinished, FinishReason, Ping
from agent_memory.turns.overlap import Overlap
from agent_memory.turns.sequence import SequenceStep
from agent_memory.turns.traces import Traces

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 4
"""Engines or pools that die so often during one turn are not going to finish it."""

MAX_RESERVED_TOKENS = 1024
"""Clients ask for far more tokens than their turns use: room is set aside for so many, and a turn
that goes on beyond them overdraws rather than fails."""


class LocalAnswerer:
    """The local engine and its pool. It meets `sessions.answering.Answerer`."""

    def __init__(self, engine: Engine, pool: Pool) -> None:
        self._engine = engine
        self._pool = pool

    async def answer(self, turn: OpenTurn) -> Answered | None:
        return await LocalAnswer(turn, self._engine, self._pool).give()


class LocalAnswer:
    """One answer. It survives the death of the engine and of the pool."""

    def __init__(self, turn: OpenTurn, engine: Engine, pool: Pool) -> None:
        placed = turn.request.placed
        self._turn = turn
        self._request = turn.request
        self._engine = engine
        self._pool = pool
        self._recorder = TurnRecorder(placed.delivered_tokens, placed.delivered_by)
        self._num_preemptions = 0
        self._has_begun = bool(placed.delivered_tokens)
        self._is_clipped = False
        self._overlap: Overlap | None = None
        self._edits: tuple[AppliedEdit, ...] = ()

    async def give(self) -> Answered | None:
        """Generate to the end. Giving up its room for a while is no failure; the pool sees to it
        that it ends. None when the turn was cancelled."""
        attempt = 0
        while True:
            try:
                info = await self._engine.info()
                await self._attempt(info)
            except Preempted:
                self._num_preemptions += 1
                log.info("turn interrupted", extra={"times": self._num_preemptions})
            except (EngineLost, PoolLost) as error:
                attempt += 1
                log.warning("turn cut off", extra={"attempt": attempt, "error": str(error)})
                self._check_can_go_on(attempt, error)
                continue
            else:
                return None if self._turn.running.is_cancelled else self._answered(info)
            if self._turn.running.is_cancelled:
                return None

    def _check_can_go_on(self, attempt: int, error: Unavailable) -> None:
        """A single choice goes on after what was delivered; several can only start afresh."""
        if attempt == MAX_ATTEMPTS:
            raise StreamInterrupted(f"The turn was cut off {attempt} times: {error}") from error
        if self._request.sampling.n > 1 and self._recorder.tokens:
            raise StreamInterrupted(
                f"The turn was cut off amid several choices: {error}"
            ) from error

    async def _attempt(self, info: EngineInfo) -> None:
        """One lease, one generation, and the blocks that it leaves."""
        if not self._recorder.speak_as(info.fingerprint):
            raise StreamInterrupted(
                f"The model was changed to '{info.model}' amid the answer; nothing of it is kept. "
                "Send the turn again."
            )
        turn = self._turn
        prompt = await build_prompt(
            self._engine, self._request, turn.continuation, turn.conversation.generated, info
        )
        self._recorder.generation_suffix = prompt.generation_suffix
        self._recorder.prompt_tokens = prompt.history
        self._recorder.prefilled_tokens = prompt.prefilled
        request = await self._lease(prompt, info)
        self._is_clipped = request.sampling.max_tokens < self._request.sampling.max_tokens
        try:
            miss_reason = await explain_miss(
                self._engine, turn, prompt, request.lease, info, self._num_preemptions
            )
            self._edits = prompt.edits
            self._overlap = self._overlap_of(prompt, request.lease, info)
            generation = await self._engine.generate(request)
            try:
                await self._follow(generation, len(prompt.tokens), miss_reason, info)
            finally:
                generation.close()
        finally:
            await self._give_back(info, request.lease)

    async def _lease(self, prompt: Prompt, info: EngineInfo) -> GenerationRequest:
        request = self._request
        root = root_hash(info.fingerprint, info.kv_format, request.workspace_id)
        sampling = fit_to_window(request, prompt, info)
        known = self._recorder.to_go_on_behind
        num_to_come = max(1, sampling.max_tokens - len(known))
        lease = await self._pool.lease(
            info,
            root,
            prompt.tokens + known,
            min(num_to_come, MAX_RESERVED_TOKENS) * sampling.n,
            LeaseId(new_id("lease")),
            self._owner,
            request.request_id,
            await self._terms(prompt, info),
        )
        is_resumed, self._has_begun = self._has_begun, True
        return GenerationRequest(
            request_id=request.request_id,
            group=request.workspace_id,
            owner=self._owner,
            root=root,
            prompt_tokens=prompt.tokens,
            sampling=sampling,
            lease=lease,
            forced_tokens=self._recorder.begin_attempt(),
            boundaries=prompt.boundaries,
            form=request.form,
            incarnation=info.incarnation,
            priority=request.priority,
            is_resumed=is_resumed,
            is_fading=request.is_fading,
            # Each round of a turn is asked with more messages than the one before.
            origin=f"{request.turn_id}/{len(self._turn.continuation.messages)}",
        )

    async def _terms(self, prompt: Prompt, info: EngineInfo) -> LeaseTerms:
        request, turn = self._request, self._turn
        generated = turn.conversation.generated
        return LeaseTerms(
            priority=request.priority,
            is_preemptible=request.sampling.n == 1,
            num_preemptions=self._num_preemptions,
            has_begun=self._has_begun,
            pins=await find_pins(self._engine, request, turn.continuation, generated, prompt, info),
        )

    @property
    def _owner(self) -> BlockOwner:
        return block_owner(self._request.workspace_id, self._request.placed.session_id)

    async def _follow(
        self,
        generation: Generation,
        num_prompt_tokens: int,
        miss_reason: str | None,
        info: EngineInfo,
    ) -> None:
        """Turn the engine's events into the turn's, and remember them."""
        running, recorder = self._turn.running, self._recorder
        running.on_cancel(generation.cancel)
        async for event in generation:
            match event:
                case Restored():
                    if recorder.restored(event, num_prompt_tokens, miss_reason):
                        usage = recorder.final_usage
                        started = self._turn.started(
                            usage, info.model, info.fingerprint, self._overlap, self._edits
                        )
                        running.emit(started)
                case Prefilled(num_done=done, num_total=total):
                    running.emit(Ping(done, total))
                case Generated(index=index, token_ids=token_ids, deltas=deltas):
                    if recorder.generated(event):
                        running.step(deltas, token_ids if index == 0 else ())
                case Finished(index=index, deltas=deltas, stop_sequence=stop):
                    reason = self._reason(event)
                    recorder.choice_finished(replace(event, reason=reason))
                    running.step((*deltas, ChoiceFinished(index, reason, stop)))
                case Stored():
                    recorder.stored(event)
                case _:
                    assert_never(event)

    def _overlap_of(self, prompt: Prompt, lease: Lease, info: EngineInfo) -> Overlap | None:
        before, messages = self._turn.compared, self._turn.continuation.messages
        if before is None:
            return None
        return overlap_of(before, messages, prompt.tokens, lease, info)

    def _reason(self, event: Finished) -> FinishReason:
        """The engine knows only the limit that it was given."""
        is_window = event.reason is FinishReason.LENGTH and self._is_clipped
        return FinishReason.WINDOW if is_window else event.reason

    async def _give_back(self, info: EngineInfo, lease: Lease) -> None:
        """End the lease and publish what the generation has left, however it ended."""
        recorder = self._recorder
        try:
            await self._pool.publish(info, lease.lease_id, recorder.blocks, recorder.bad_files)
        except Unavailable as error:
            log.warning("blocks not published", extra={"error": str(error)})

    def _answered(self, info: EngineInfo) -> Answered:
        recorder = self._recorder
        return Answered(
            message=recorder.answer,
            model=info.model,
            finish_reason=recorder.finish_reason,
            usage=recorder.final_usage,
            traces=self._traces(info),
        )

    def _traces(self, info: EngineInfo) -> Traces:
        recorder = self._recorder
        # Text cut at a stop string is not what its tokens say: it is read again as text.
        is_whole = recorder.finish_reason is not FinishReason.STOP_SEQUENCE
        answer = (*recorder.prefilled_tokens, *recorder.answer_tokens)
        said, spelled = (answer, ()) if is_whole else ((), answer)
        before = self._turn.conversation.sequence
        step = SequenceStep.between(before, (*recorder.prompt_tokens, *spelled), said)
        return Traces(
            model_fingerprint=info.fingerprint,
            tokens=said,
            generation_suffix=recorder.generation_suffix,
            num_tokens=recorder.num_tokens,
            num_shared=step.num_shared,
            read_tokens=step.read,
        )
