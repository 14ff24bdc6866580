"""An engine, a pool and a store without a device, processes or a database."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace

from agent_memory.cache.lease import Lease, StoredBlock
from agent_memory.cache.terms import LeaseTerms
from agent_memory.engine.events import EngineEvent, Finished, Generated, Prefilled, Restored, Stored
from agent_memory.engine.info import EngineInfo
from agent_memory.engine.request import GenerationRequest
from agent_memory.errors import ConversationMoved, EngineLost, NotFound, Preempted, TurnNotFound
from agent_memory.ids import (
    BlockHash,
    BlockOwner,
    LeaseId,
    RequestId,
    SessionId,
    TurnId,
    WorkspaceId,
)
from agent_memory.prompts.request import PromptRequest, RenderedPrompt
from agent_memory.turns.answered import AnsweredTurn
from agent_memory.turns.events import FinishReason, TextDelta
from agent_memory.turns.messages import Message
from agent_memory.turns.placement import Branch
from agent_memory.turns.portable import PortableSession, PortableTurn
from agent_memory.turns.sequence import SequenceStep
from agent_memory.turns.traces import Traces
from agent_memory.turns.transcript import (
    HistoryMatch,
    SessionRecord,
    Transcript,
    TurnCommit,
    generated_turns,
)

EOS = 0
SUFFIX = "<assistant>"

INFO = EngineInfo(
    model="scripted",
    fingerprint="f" * 64,
    kv_format="none",
    context_window=100_000,
    block_size=16,
    bytes_per_token=1,
    has_snapshots=False,
    has_tools=False,
    has_thinking=False,
    num_parameters=0,
    incarnation="first",
)


def encode(text: str) -> tuple[int, ...]:
    """One token a character."""
    return tuple(map(ord, text))


class ScriptedGeneration:
    """Says the script's answer, a character a token, after what was forced."""

    def __init__(self, engine: "ScriptedEngine", request: GenerationRequest, answer: str) -> None:
        self._engine = engine
        self._request = request
        self._answer = answer
        self._is_cancelled = False

    def cancel(self) -> None:
        self._is_cancelled = True

    def close(self) -> None:
        self._engine.num_open -= 1

    async def __aiter__(self) -> AsyncIterator[EngineEvent]:
        request = self._request
        yield Restored(request.lease.num_cached_tokens, 0)
        yield Prefilled(len(request.prompt_tokens), len(request.prompt_tokens))
        forced = request.forced_tokens
        if forced:
            yield Generated(0, forced, (_delta("".join(map(chr, forced))),))
        said = len(forced)
        for character in self._answer[said:]:
            await self._engine.before_token(said)
            if self._is_cancelled:
                yield Finished(0, FinishReason.CANCELLED, None, ends_with_eos=False)
                yield Stored((), len(request.prompt_tokens) + said)
                return
            yield Generated(0, encode(character), (_delta(character),))
            said += 1
        yield Generated(0, (EOS,), ())
        yield Finished(0, FinishReason.STOP, None, ends_with_eos=True)
        yield Stored((), len(request.prompt_tokens) + said)


def _delta(text: str) -> TextDelta:
    return TextDelta(0, text, len(text))


class ScriptedEngine:
    """Answers each generation with the next text; dies where it is told to.

    die_at: numbers of tokens before which the next generations, in turn, lose the engine, or
    give up their room when `is_preempting`.
    """

    def __init__(self, answers: Sequence[str], die_at: Sequence[int] = ()) -> None:
        self._answers = deque(answers)
        self._die_at = deque(die_at)
        self.is_preempting = False
        self.requests: list[GenerationRequest] = []
        self.num_open = 0
        self.pause: Callable[[int], object] | None = None

    async def info(self) -> EngineInfo:
        return replace(INFO, incarnation=f"number {len(self.requests)}")

    async def render(self, request: PromptRequest) -> RenderedPrompt:
        if request.raw_prompt is not None:
            raw = request.raw_prompt
            return RenderedPrompt((encode(raw) if isinstance(raw, str) else raw,), (), "")
        text = "".join(f"<{m.role}>{m.text}\n" for m in request.messages) + SUFFIX
        pieces: list[tuple[int, ...]] = []
        spliced: list[int] = []
        for index, splice in enumerate(request.splices):
            before, _, text = text.partition(splice.sentinel)
            pieces.append(encode(before))
            spliced.append(index)
        return RenderedPrompt((*pieces, encode(text)), tuple(spliced), SUFFIX)

    async def generate(self, request: GenerationRequest) -> ScriptedGeneration:
        self.requests.append(request)
        self.num_open += 1
        # An engine that was lost says the same again to the one that goes on after it.
        answer = self._answers[0] if request.forced_tokens or self._die_at else self._take()
        return ScriptedGeneration(self, request, answer)

    async def before_token(self, index: int) -> None:
        await asyncio.sleep(0)
        if self.pause is not None:
            self.pause(index)
        if self._die_at and index >= self._die_at[0]:
            self._die_at.popleft()
            if self.is_preempting:
                raise Preempted("The generation gave up its room.")
            raise EngineLost("The engine was lost.")

    def _take(self) -> str:
        return self._answers.popleft()


@dataclass
class OpenPool:
    """A pool with room for everything and nothing in it."""

    leased: list[LeaseId] = field(default_factory=list)
    asked: list[tuple[tuple[int, ...], int, LeaseTerms]] = field(default_factory=list)
    ended: list[LeaseId] = field(default_factory=list)

    async def lease(
        self,
        engine: EngineInfo,
        root: BlockHash,
        prompt_tokens: Sequence[int],
        num_reserved_tokens: int,
        lease_id: LeaseId,
        owner: BlockOwner,
        request_id: RequestId,
        terms: LeaseTerms,
    ) -> Lease:
        del engine, root, owner, request_id
        self.leased.append(lease_id)
        self.asked.append((tuple(prompt_tokens), num_reserved_tokens, terms))
        return Lease(lease_id, epoch=1)

    async def publish(
        self,
        engine: EngineInfo,
        lease_id: LeaseId,
        blocks: Sequence[StoredBlock],
        bad_files: Sequence[str],
    ) -> None:
        del engine, blocks, bad_files
        self.ended.append(lease_id)


class MemoryStore:
    """Sessions in a dictionary, under the rules of the real store."""

    def __init__(self) -> None:
        self._sessions: dict[tuple[WorkspaceId, SessionId], PortableSession] = {}
        self._after_turns: dict[tuple[WorkspaceId, TurnId], PortableSession] = {}
        self.commits: list[TurnCommit] = []

    async def load_transcript(self, workspace: WorkspaceId, session: SessionId) -> Transcript:
        held = self._held(workspace, session)
        record = _record(workspace, held)
        return Transcript(record, held.messages, generated_turns(held), held.sequence)

    async def load_branch(self, workspace: WorkspaceId, branch: Branch) -> PortableSession:
        after = self._after_turns.get((workspace, branch.turn_id))
        if after is None or after.session_id != branch.session_id:
            raise NotFound("turn", branch.turn_id)
        return after

    async def commit_turn(self, commit: TurnCommit) -> SessionRecord:
        place = (commit.workspace_id, commit.session_id)
        self.commits.append(commit)
        new = PortableSession(commit.session_id, commit.model, None, (), ())
        held = self._sessions.get(place) or commit.inherited or new
        if all(turn.turn_id != commit.turn_id for turn in held.turns):
            _check_head(commit, held)
            kept = held.messages[: commit.num_kept]
            earlier = tuple(turn for turn in held.turns if turn.position < len(kept))
            turn = replace(commit.turn, traces=_after(earlier, held, commit.traces))
            self._sessions[place] = PortableSession(
                session_id=commit.session_id,
                model=commit.model,
                title=None,
                messages=(*kept, *commit.new_messages, commit.answer),
                turns=(*earlier, turn),
            )
            self._after_turns[commit.workspace_id, commit.turn_id] = self._sessions[place]
        return _record(commit.workspace_id, self._sessions[place])

    async def find_by_history(
        self, workspace: WorkspaceId, hashes: Sequence[str]
    ) -> HistoryMatch | None:
        """The turn that left a conversation at the last of `hashes` that any did; of several, one
        that is the last of its session."""
        matches = [
            HistoryMatch(held.session_id, turn.turn_id, turn.head_hash, turn is held.turns[-1])
            for (owner, _), held in self._sessions.items()
            for turn in held.turns
            if owner == workspace and turn.head_hash in hashes
        ]
        best = sorted(matches, key=lambda match: (hashes.index(match.head_hash), match.is_head))
        return best[-1] if best else None

    async def find_turn(self, workspace: WorkspaceId, turn: TurnId) -> HistoryMatch | None:
        """The turn, whatever became of its conversation since."""
        if (after := self._after_turns.get((workspace, turn))) is None:
            return None
        last, held = after.turns[-1], self._sessions[workspace, after.session_id]
        is_head = held.turns[-1].head_hash == last.head_hash
        return HistoryMatch(after.session_id, turn, last.head_hash, is_head)

    async def find(self, workspace: WorkspaceId, turn: TurnId) -> AnsweredTurn | None:
        """The turn as it was committed."""
        for commit in self.commits:
            if (commit.workspace_id, commit.turn_id) == (workspace, turn):
                return AnsweredTurn(
                    turn,
                    commit.session_id,
                    commit.model,
                    None if commit.traces is None else commit.traces.model_fingerprint,
                    commit.new_messages,
                    commit.answer,
                    commit.finish_reason,
                    commit.usage,
                    commit.started_at,
                    commit.kept,
                    commit.shape,
                )
        return None

    async def messages_after(self, workspace: WorkspaceId, turn: TurnId) -> Sequence[Message]:
        """The conversation as the turn left it."""
        if (after := self._after_turns.get((workspace, turn))) is None:
            raise TurnNotFound(turn)
        return after.messages

    async def withdraw(self, workspace: WorkspaceId, turn: TurnId) -> None:
        """Tell nobody of it any more."""
        self.commits = [
            commit
            for commit in self.commits
            if (commit.workspace_id, commit.turn_id) != (workspace, turn)
        ]
        del self._after_turns[workspace, turn]

    def _held(self, workspace: WorkspaceId, session: SessionId) -> PortableSession:
        if (held := self._sessions.get((workspace, session))) is None:
            raise NotFound("session", session)
        return held


def _check_head(commit: TurnCommit, held: PortableSession) -> None:
    """A session that is not stored yet has no head, whatever it inherits."""
    is_stored = held is not commit.inherited and held.turns
    head = held.turns[-1].head_hash if is_stored else None
    if commit.built_on is not None and commit.built_on.digest != head:
        raise ConversationMoved("The conversation went on in the meantime.")


def _after(
    earlier: Sequence[PortableTurn], held: PortableSession, traces: Traces | None
) -> Traces | None:
    """The traces with their step from the last of `earlier` that left any."""
    if traces is None:
        return None
    sequence = traces.step.after(held.sequence)
    before = replace(held, turns=tuple(earlier)).sequence
    prompt = sequence[: len(sequence) - len(traces.tokens)]
    step = SequenceStep.between(before, prompt, traces.tokens)
    return replace(traces, num_shared=step.num_shared, read_tokens=step.read)


def _record(workspace: WorkspaceId, session: PortableSession) -> SessionRecord:
    last = session.turns[-1]
    return SessionRecord(
        session_id=session.session_id,
        workspace_id=workspace,
        created_at=session.turns[0].started_at,
        updated_at=last.started_at,
        num_turns=len(session.turns),
        num_messages=len(session.messages),
        num_tokens=session.num_tokens,
        head_hash=last.head_hash,
        model=session.model,
    )
