"""A device whose next token is a function of all tokens before it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from agent_memory.engine.events import OutputDelta, Restored, Stored
from agent_memory.engine.request import GenerationRequest
from agent_memory.engine.runner import Drawn, Feed, RowId, TokenChoice
from agent_memory.turns.events import TextDelta

VOCABULARY = 50
EOS = 0


def next_token(tokens: Sequence[int], choice: int) -> int:
    """Never the end of the turn before ten tokens, and now and then afterwards."""
    token = (sum(tokens) * 31 + len(tokens) * 7 + choice * 13) % VOCABULARY
    return token or 1


@dataclass
class ScriptedRow:
    request: GenerationRequest
    tokens: list[int]
    choice: int = 0
    drawn: int | None = None
    is_decoding: bool = False


@dataclass
class ScriptedWork:
    drawn: Drawn
    error: Exception | None = None

    def wait(self) -> Drawn:
        if self.error is not None:
            raise self.error
        return self.drawn


@dataclass
class ScriptedRunner:
    """Keeps every row's tokens as its KV. What is to fail is named by request.

    It works while it is told: `now` goes on by `token_s` for each token that is prefilled and by
    `step_s` with every decoding step.
    """

    looks_ahead: bool = True
    feeds_beside: bool = False
    now: float = 0.0
    token_s: float = 0.0
    step_s: float = 0.0
    needs_reading: set[str] = field(default_factory=set)
    cached: dict[str, int] = field(default_factory=dict)
    marks: list[tuple[str, int]] = field(default_factory=list)
    fails_at: dict[str, str] = field(default_factory=dict)
    script: dict[str, Sequence[int]] = field(default_factory=dict)
    stepwise: dict[str, int] = field(default_factory=dict)
    becomes_stepwise_after: dict[str, int] = field(default_factory=dict)
    complete_after: dict[str, int] = field(default_factory=dict)
    rows: dict[RowId, ScriptedRow] = field(default_factory=dict)
    prepared: set[int] = field(default_factory=set)
    stored: list[tuple[int, tuple[int, ...], bool]] = field(default_factory=list)
    chunks: list[tuple[str, int]] = field(default_factory=list)
    batches: list[tuple[str, ...]] = field(default_factory=list)
    num_beside: int = 0

    def prepare(self, key: int, request: GenerationRequest) -> bool:
        self.prepared.add(key)
        self._fail_if("prepare", request)
        return request.request_id not in self.needs_reading

    def forget(self, key: int) -> None:
        self.prepared.remove(key)

    def open(self, key: int, row: RowId, request: GenerationRequest) -> Restored:
        self._fail_if("open", request)
        self.prepared.remove(key)
        num_cached = self.cached.get(request.request_id, 0)
        sequence = request.prompt_tokens + request.forced_tokens
        self.rows[row] = ScriptedRow(request, list(sequence[:num_cached]))
        return Restored(num_cached, 0)

    def prefill(self, feed: Feed) -> ScriptedWork:
        self._fail_if("prefill", self.rows[feed.row].request)
        self._feed(feed)
        return ScriptedWork(Drawn(()))

    def _feed(self, feed: Feed) -> None:
        this, token_ids = self.rows[feed.row], feed.token_ids
        self.chunks.append((this.request.request_id, len(token_ids)))
        self.now += self.token_s * len(token_ids)
        this.tokens.extend(token_ids)

    def mark(self, row: RowId, request: GenerationRequest, token_ids: Sequence[int]) -> None:
        assert tuple(self.rows[row].tokens) == tuple(token_ids)
        self.marks.append((request.request_id, len(token_ids)))

    def fork(self, row: RowId, copy: RowId) -> None:
        this = self.rows[row]
        self._fail_if("fork", this.request)
        self.rows[copy] = ScriptedRow(this.request, list(this.tokens))

    def start(
        self, row: RowId, request: GenerationRequest, choice: int, token_ids: Sequence[int]
    ) -> int | None:
        this = self.rows[row]
        assert this.tokens == list(token_ids[: len(this.tokens)])
        this.choice, this.drawn, this.is_decoding = choice, token_ids[-1], True
        return self.stepwise.get(request.request_id)

    def decode(self, rows: Sequence[RowId], feed: Feed | None = None) -> ScriptedWork:
        for row in rows:
            self._fail_if("decode", self.rows[row].request)
        if feed is not None:
            self._fail_if("prefill", self.rows[feed.row].request)
            self._check_is_fed_before(rows, feed)
            self._feed(feed)
        self.batches.append(tuple(self.rows[row].request.request_id for row in rows))
        self.now += self.step_s
        drawn = [self._step(self.rows[row]) for row in rows]
        choices = {
            row: TokenChoice(-1.0)
            for row in rows
            if self.rows[row].request.sampling.num_logprobs is not None
        }
        broken = any(self.fails_at.get(self.rows[r].request.request_id) == "wait" for r in rows)
        return ScriptedWork(
            Drawn(drawn, choices, self._complete(rows), self._errors(rows), self._stepwise(rows)),
            RuntimeError("wait") if broken else None,
        )

    def _check_is_fed_before(self, rows: Sequence[RowId], feed: Feed) -> None:
        assert self.feeds_beside or rows == [feed.row]
        self.num_beside += rows != [feed.row]
        this = self.rows[feed.row]
        if this.is_decoding:
            assert rows[0] == feed.row
            assert (*this.tokens, *feed.token_ids, this.drawn) == (
                *this.request.prompt_tokens,
                *this.request.forced_tokens,
            )

    def store(
        self,
        key: int,
        row: RowId,
        request: GenerationRequest,
        token_ids: Sequence[int],
        *,
        only_full: bool,
    ) -> None:
        self._fail_if("store", request)
        this = self.rows[row]
        assert this.tokens[: len(token_ids)] == list(token_ids)
        if not self.looks_ahead:
            assert len(this.tokens) == len(token_ids)
        self.stored.append((key, tuple(token_ids), only_full))

    def close(self, row: RowId) -> None:
        self.rows.pop(row, None)

    def take_stored(self) -> list[tuple[int, Stored]]:
        """What has been stored since the last time, as it is to be reported to the loop."""
        stored, self.stored = self.stored, []
        return [(key, Stored((), len(tokens))) for key, tokens, _ in stored]

    def _step(self, row: ScriptedRow) -> int:
        assert row.drawn is not None
        row.tokens.append(row.drawn)
        script = self.script.get(row.request.request_id)
        at = len(row.tokens) - len(row.request.prompt_tokens)
        row.drawn = (
            script[min(at, len(script) - 1)]
            if script is not None
            else next_token(row.tokens, row.choice)
        )
        return row.drawn

    def _stepwise(self, rows: Sequence[RowId]) -> dict[RowId, int | None]:
        """Of rows whose constraint begins with what they have drawn."""
        return {
            row: 0
            if len(self.rows[row].tokens) >= len(self.rows[row].request.prompt_tokens) + at
            else None
            for row in rows
            if (at := self.becomes_stepwise_after.get(self.rows[row].request.request_id))
            is not None
        }

    def _complete(self, rows: Sequence[RowId]) -> Collection[RowId]:
        return {
            row
            for row in rows
            if (at := self.complete_after.get(self.rows[row].request.request_id)) is not None
            and len(self.rows[row].tokens) - len(self.rows[row].request.prompt_tokens) + 1 >= at
        }

    def _errors(self, rows: Sequence[RowId]) -> dict[RowId, Exception]:
        return {
            row: RuntimeError("token")
            for row in rows
            if self.fails_at.get(self.rows[row].request.request_id) == "token"
        }

    def _fail_if(self, where: str, request: GenerationRequest) -> None:
        if self.fails_at.get(request.request_id) == where:
            raise RuntimeError(where)


class ScriptedText:
    """Every token says its number; `stop` is met when a token is in `request.sampling.stop`."""

    def __init__(self, request: GenerationRequest, index: int) -> None:
        self._stops = request.sampling.stop
        self._index = index
        self._breaks = request.group == "broken text"
        self.has_tool_calls = request.group == "calls tools"
        self._ends_calls = self.has_tool_calls and not request.form.parallel_tool_calls
        self.is_complete = False

    def push(
        self, token_ids: Sequence[int], choices: Sequence[TokenChoice]
    ) -> tuple[tuple[OutputDelta, ...], str | None]:
        if self._breaks:
            raise ValueError("no such text")
        words = [str(token_id) for token_id in token_ids]
        stop = next((word for word in words if word in self._stops), None)
        shown = [word for word in words if word not in self._stops]
        assert len(choices) in {0, len(words)}
        text = "".join(f"{word} " for word in shown)
        self.is_complete = self._ends_calls
        return ((TextDelta(self._index, text, len(words)),) if text else ()), stop

    def finish(self, *, is_cut: bool) -> tuple[OutputDelta, ...]:
        self.is_cut = is_cut
        return ()
