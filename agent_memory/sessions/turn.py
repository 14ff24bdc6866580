"""One turn of a session, from the conversation to the committed answer."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import assert_never

from agent_memory.cache.hashing import root_hash
from agent_memory.cache.lease import Lease
from agent_memory.cache.miss import MissKind
from agent_memory.cache.terms import LeaseTerms, Pin
from agent_memory.engine.events import Finished, Generated, Prefilled, Restored, Stored
from agent_memory.engine.info import EngineInfo
from agent_memory.engine.request import GenerationRequest
from agent_memory.errors import EngineLost, PoolLost, Preempted, StreamInterrupted, Unavailable
from agent_memory.ids import LeaseId, ThreadId, block_owner, new_id
from agent_memory.prompts.identity import head_hash
from agent_memory.sessions.conversation import Conversation
from agent_memory.sessions.divergence import find_divergence
from agent_memory.sessions.pinning import find_pins
from agent_memory.sessions.ports import Engine, Generation, Pool, TranscriptStore
from agent_memory.sessions.prompting import Prompt, build_prompt, fit_to_window, render_prompt
from agent_memory.sessions.recorder import TurnRecorder
from agent_memory.sessions.running_turn import RunningTurn
from agent_memory.turns.events import (
    ChoiceFinished,
    FinishReason,
    Injected,
    Ping,
    TurnFinished,
    TurnStarted,
    Usage,
)
from agent_memory.turns.messages import Message
from agent_memory.turns.request import TurnRequest
from agent_memory.turns.sequence import SequenceStep, TokenIds
from agent_memory.turns.transcript import GeneratedTurn, TurnCommit

log = logging.getLogger(__name__)

_LOST = frozenset({MissKind.EVICTED, MissKind.BAD_FILE, MissKind.ENGINE_LOST})
"""Of such a miss, the conversation is not the first reason."""

MAX_ATTEMPTS = 4
"""Engines or pools that die so often during one turn are not going to finish it."""

MAX_RESERVED_TOKENS = 1024
"""Clients ask for far more tokens than their turns use: room is set aside for so many, and a turn
that goes on beyond them overdraws rather than fails."""


class Turn:
    """The story of one turn. It survives the death of the engine and of the pool."""

    def __init__(
        self,
        request: TurnRequest,
        running: RunningTurn,
        conversation: Conversation,
        engine: Engine,
        pool: Pool,
        store: TranscriptStore,
    ) -> None:
        self._request = request
        self._running = running
        self._conversation = conversation
        self._continuation = conversation.continue_with(request)
        self._session_id = request.placed.session_id
        self._engine = engine
        self._pool = pool
        self._store = store
        placed = request.placed
        self._recorder = TurnRecorder(placed.delivered_tokens, placed.delivered_by)
        self._started_at = datetime.now(UTC)
        self._num_preemptions = 0
        self._has_begun = bool(placed.delivered_tokens)

    async def take(self) -> None:
        """Generate the answer, commit it, and only then say that the turn has ended."""
        info = await self._generate()
        if self._running.is_cancelled:
            return
        if self._request.raw_prompt is None:
            await self._commit(info)
        self._running.emit(TurnFinished(self._recorder.final_usage))

    async def _generate(self) -> EngineInfo:
        """Generate to the end, over as many engines and pools as it takes. Giving up its room
        for a while is no failure; the pool sees to it that it ends."""
        attempt = 0
        while True:
            try:
                info = await self._engine.info()
                await self._attempt(info)
            except Preempted:
                self._num_preemptions += 1
                log.info("turn interrupted", extra={"times": self._num_preemptions})
                if self._running.is_cancelled:
                    return info
            except (EngineLost, PoolLost) as error:
                attempt += 1
                log.warning("turn cut off", extra={"attempt": attempt, "error": str(error)})
                self._check_can_go_on(attempt, error)
            else:
                return info

    def _check_can_go_on(self, attempt: int, error: Unavailable) -> None:
        """A single choice goes on behind what was delivered; several can only start afresh."""
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
        prompt = await build_prompt(
            self._engine, self._request, self._continuation, self._conversation.generated, info
        )
        self._recorder.generation_suffix = prompt.generation_suffix
        self._recorder.prompt_tokens = prompt.tokens
        request = await self._lease(prompt, info)
        try:
            miss_reason = await self._explain_miss(prompt, request.lease, info)
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
            block_owner(request.workspace_id, self._session_id),
            request.request_id,
            LeaseTerms(
                priority=request.priority,
                is_preemptible=sampling.n == 1,
                num_preemptions=self._num_preemptions,
                has_begun=self._has_begun,
                pins=await self._find_pins(prompt, info),
            ),
        )
        is_resumed, self._has_begun = self._has_begun, True
        return GenerationRequest(
            request_id=request.request_id,
            group=request.workspace_id,
            owner=block_owner(request.workspace_id, self._session_id),
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
        )

    async def _find_pins(self, prompt: Prompt, info: EngineInfo) -> tuple[Pin, ...]:
        generated = self._conversation.generated
        return await find_pins(
            self._engine, self._request, self._continuation, generated, prompt, info
        )

    async def _explain_miss(self, prompt: Prompt, lease: Lease, info: EngineInfo) -> str | None:
        """Why not more of the prompt was cached; told in terms of the conversation when it is the
        conversation that has changed."""
        before = self._conversation
        if (rebuilt := _why_rebuilt(before, info)) is not None:
            log.info(rebuilt, extra={"session": self._session_id})
            return rebuilt

        async def render(messages: Sequence[Message]) -> TokenIds:
            rendered = await render_prompt(
                self._engine, self._request, messages, before.generated, info
            )
            return rendered.tokens

        if lease.miss_kind in _LOST or self._request.raw_prompt is not None:
            return lease.miss_reason
        if self._num_preemptions:
            return None  # Told of the first attempt, which is what the client saw.
        found = await find_divergence(
            before.sequence,
            prompt.tokens,
            lease.num_cached_tokens,
            before.messages,
            self._continuation.messages,
            render,
        )
        if found is None:
            return lease.miss_reason
        log.info("prompt has changed", extra={"token": found.at, "segment": found.segment})
        return str(found)

    async def _follow(
        self,
        generation: Generation,
        num_prompt_tokens: int,
        miss_reason: str | None,
        info: EngineInfo,
    ) -> None:
        """Turn the engine's events into the turn's, and remember them."""
        running, recorder = self._running, self._recorder
        running.on_cancel(generation.cancel)
        async for event in generation:
            match event:
                case Restored():
                    if recorder.restored(event, num_prompt_tokens, miss_reason):
                        usage = recorder.final_usage
                        running.emit(self._started(usage, info))
                case Prefilled(num_done=done, num_total=total):
                    running.emit(Ping(done, total))
                case Generated(index=index, token_ids=token_ids, deltas=deltas):
                    if recorder.generated(event):
                        running.step(deltas, token_ids if index == 0 else ())
                case Finished(index=index, deltas=deltas, reason=reason, stop_sequence=stop):
                    recorder.choice_finished(event)
                    running.step((*deltas, ChoiceFinished(index, reason, stop)))
                case Stored():
                    recorder.stored(event)
                case _:
                    assert_never(event)

    def _started(self, usage: Usage, info: EngineInfo) -> TurnStarted:
        return TurnStarted(
            self._request.turn_id,
            self._session_id,
            usage,
            self._injected,
            info.model,
            info.fingerprint,
        )

    @property
    def _injected(self) -> Injected | None:
        memory = self._request.memory
        if memory is None:
            return None
        found = self._continuation.recollection
        if found is None:
            return Injected(problem=memory.problem)
        return Injected(found.item_ids, found.num_tokens, memory.problem)

    async def _give_back(self, info: EngineInfo, lease: Lease) -> None:
        """End the lease and publish what the generation has left, however it ended."""
        recorder = self._recorder
        try:
            await self._pool.publish(info, lease.lease_id, recorder.blocks, recorder.bad_files)
        except Unavailable as error:
            log.warning("blocks not published", extra={"error": str(error)})

    @property
    def _remember_in(self) -> ThreadId | None:
        memory = self._request.memory
        if memory is None or not memory.remember:
            return None
        return memory.thread_id or ThreadId(self._session_id)

    async def _commit(self, info: EngineInfo) -> None:
        recorder, continuation, request = self._recorder, self._continuation, self._request
        # Text cut at a stop string is not what its tokens say: it is read again as text.
        is_whole = recorder.finish_reason is not FinishReason.STOP_SEQUENCE
        generated = GeneratedTurn(
            turn_id=request.turn_id,
            position=len(continuation.messages),
            message=recorder.answer,
            tokens=recorder.answer_tokens if is_whole else (),
            generation_suffix=recorder.generation_suffix,
            model=info.fingerprint,
        )
        spelled = () if is_whole else recorder.answer_tokens
        before = self._conversation.sequence
        prompt = (*recorder.prompt_tokens, *spelled)
        step = SequenceStep.between(before, prompt, generated.tokens)
        session = await self._store.commit_turn(
            TurnCommit(
                turn_id=request.turn_id,
                session_id=self._session_id,
                workspace_id=request.workspace_id,
                request_id=request.request_id,
                model=info.model,
                model_fingerprint=info.fingerprint,
                num_kept=continuation.num_kept,
                new_messages=continuation.new_messages,
                answer=generated.message,
                generated_tokens=generated.tokens,
                generation_suffix=generated.generation_suffix,
                finish_reason=recorder.finish_reason,
                usage=recorder.final_usage,
                head_hash=head_hash((*continuation.messages, generated.message)),
                num_tokens=recorder.num_tokens,
                started_at=self._started_at,
                num_shared=step.num_shared,
                read_tokens=step.read,
                remember_in=self._remember_in,
                inherited=self._conversation.inherited,
            )
        )
        self._conversation.add(continuation, generated, session, step.after(before))


def _why_rebuilt(before: Conversation, info: EngineInfo) -> str | None:
    """What there is to say when the last turn was another model's: nothing that it read or said
    is cached for this one, only what this one has read itself."""
    last = before.generated[-1] if before.generated else None
    if last is None or last.model == info.fingerprint:
        return None
    was = "of other weights" if before.model == info.model else f"'{before.model}'"
    return f"rebuilt under another model: '{info.model}' answers, the last turn was {was}"
