"""Drawing the next token of every row, on the device.

The random key of a token is a function of (seed, position, choice): what else is in the batch,
and whether the row was interrupted, makes no difference.
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import mlx.core as mx
import numpy as np

from agent_memory.engine.constraint import TokenConstraint
from agent_memory.engine.runner import TokenChoice
from agent_memory.turns.sampling import SamplingParams


class RowSampler:
    """How one row chooses, and what it has to remember for that."""

    def __init__(
        self,
        params: SamplingParams,
        choice: int,
        prompt: Sequence[int],
        generated: Sequence[int],
        constraint: TokenConstraint | None = None,
    ) -> None:
        self._params = params
        self._choice = choice
        self.constraint = constraint
        self._seed = secrets.randbits(64) if params.seed is None else params.seed
        self._bias = _pairs(params.logit_bias)
        has_penalty = params.frequency_penalty != 0 or params.presence_penalty != 0
        self._counts = mx.array(list(generated), mx.int32) if has_penalty else None
        is_repelled = params.repetition_penalty != 1
        self._seen = mx.array([*prompt, *generated], mx.int32) if is_repelled else None
        self._tables: tuple[mx.array | None, mx.array | None] = (None, None)

    @property
    def num_logprobs(self) -> int | None:
        return self._params.num_logprobs

    @property
    def is_greedy(self) -> bool:
        return self._params.temperature == 0

    @property
    def is_plain(self) -> bool:
        """Logits are taken as the model gives them."""
        return (
            self._bias is None
            and self._counts is None
            and self._seen is None
            and (self.constraint is None or self.constraint.is_free)
        )

    def adjust(self, logits: mx.array) -> mx.array:
        """Bias and penalties on logits [vocabulary], as the OpenAI API defines them: frequency
        and presence count generated tokens; repetition counts the prompt's too."""
        counts, seen = self._prepare(logits.shape[-1])
        if self._bias is not None:
            ids, values = self._bias
            logits = logits.at[ids].add(values.astype(logits.dtype))
        if seen is not None:
            penalty = self._params.repetition_penalty
            repelled = mx.where(logits < 0, logits * penalty, logits / penalty)
            logits = mx.where(seen, repelled, logits)
        if counts is not None:
            presence = (counts > 0).astype(logits.dtype) * self._params.presence_penalty
            frequency = counts.astype(logits.dtype) * self._params.frequency_penalty
            logits = logits - presence - frequency
        return logits if self.constraint is None else _constrained(logits, self.constraint)

    def note(self, token: mx.array) -> None:
        """Remember a token, [1] on the device, that this row has drawn."""
        counts, seen = self._tables
        self._tables = (
            None if counts is None else counts.at[token].add(1),
            None if seen is None else seen.at[token].maximum(True),
        )

    def draw(self, logits: mx.array, position: int) -> mx.array:
        """The token, [], that stands at `position` in the sequence."""
        if self.is_greedy:
            return mx.argmax(logits)
        logits = logits.astype(mx.float32) * (1.0 / self._params.temperature)
        logits = _filtered(logits, self._params)
        token: mx.array = mx.random.categorical(logits, key=self._key(position))
        return token

    def state(self) -> list[mx.array]:
        """What has to be computed with every step, lest it piles up."""
        return [table for table in self._tables if table is not None]

    def _prepare(self, vocab_size: int) -> tuple[mx.array | None, mx.array | None]:
        if self._counts is not None and self._tables[0] is None:
            counts = mx.zeros((vocab_size,), mx.int32).at[self._counts].add(1)
            self._tables = (counts, self._tables[1])
        if self._seen is not None and self._tables[1] is None:
            seen = mx.zeros((vocab_size,), mx.bool_)
            seen[self._seen] = True
            self._tables = (self._tables[0], seen)
        return self._tables

    def _key(self, position: int) -> mx.array:
        text = f"{self._seed}:{position}:{self._choice}"
        digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
        key: mx.array = mx.random.key(int.from_bytes(digest, "little") >> 1)
        return key


@dataclass(frozen=True, slots=True)
class Logprobs:
    """Arrays on the device, one row each: of the token drawn, ids and values of the likeliest."""

    chosen: mx.array
    top_ids: mx.array | None
    top: mx.array | None

    def arrays(self) -> list[mx.array]:
        return [each for each in (self.chosen, self.top_ids, self.top) if each is not None]

    def read(self) -> TokenChoice:
        """To the host; waits for the device."""
        logprob = float(np.asarray(self.chosen))
        if self.top is None or self.top_ids is None:
            return TokenChoice(logprob)
        ids, values = np.asarray(self.top_ids).tolist(), np.asarray(self.top).tolist()
        return TokenChoice(logprob, tuple(zip(ids, values, strict=True)))


def draw_tokens(
    logits: mx.array, samplers: Sequence[RowSampler], positions: Sequence[int]
) -> tuple[mx.array, dict[int, Logprobs]]:
    """Tokens [rows] from logits [rows, vocabulary]; log-probabilities of the rows that ask.

    Rows that are greedy and plain share one argmax.
    """
    if all(sampler.is_greedy and sampler.is_plain for sampler in samplers):
        tokens = mx.argmax(logits, axis=-1)
    else:
        tokens = mx.stack(
            [_draw_row(logits[at], sampler, positions[at]) for at, sampler in enumerate(samplers)]
        )
    for at, sampler in enumerate(samplers):
        if not sampler.is_plain:
            sampler.note(tokens[at : at + 1])
    logprobs = {
        at: _logprobs(logits[at], tokens[at], sampler.num_logprobs)
        for at, sampler in enumerate(samplers)
        if sampler.num_logprobs is not None
    }
    return tokens, logprobs


def _constrained(logits: mx.array, constraint: TokenConstraint) -> mx.array:
    allowed = constraint.allowed()
    if allowed is None:
        return logits
    if (diversion := constraint.diversion) is not None:
        wanted = logits[mx.array(list(diversion.token_ids), mx.int32)].max()
        logits = logits.at[diversion.to].maximum(wanted)
    return mx.where(mx.array(allowed), logits, -mx.inf)


def _draw_row(logits: mx.array, sampler: RowSampler, position: int) -> mx.array:
    if not sampler.is_plain:
        logits = sampler.adjust(logits)
    return sampler.draw(logits, position)


def _logprobs(logits: mx.array, token: mx.array, num_top: int) -> Logprobs:
    """Of the model's own distribution, before anything was done to it."""
    logits = logits.astype(mx.float32)
    logprobs = logits - mx.logsumexp(logits)
    if num_top == 0:
        return Logprobs(logprobs[token], None, None)
    top_ids = mx.argpartition(-logprobs, kth=num_top - 1)[:num_top]
    top_ids = top_ids[mx.argsort(-logprobs[top_ids])]
    return Logprobs(logprobs[token], top_ids, logprobs[top_ids])


def _filtered(logits: mx.array, params: SamplingParams) -> mx.array:
    """Logits [vocabulary], already divided by the temperature, without what top_k, top_p and
    min_p exclude, in this order."""
    has_top_k = 0 < params.top_k < logits.shape[-1]
    if not has_top_k and params.top_p >= 1 and params.min_p <= 0:
        return logits
    ordered = -mx.sort(-logits)
    if has_top_k:
        ordered = ordered[: params.top_k]
    threshold = ordered[-1]
    if params.top_p < 1:
        probs = mx.softmax(ordered, precise=True)
        mass_before = mx.cumsum(probs, inclusive=False)
        num_kept = mx.maximum((mass_before < params.top_p).sum(), 1)
        threshold = ordered[num_kept - 1]
    if params.min_p > 0:
        least = ordered[0] + mx.log(mx.array(params.min_p))
        threshold = mx.maximum(threshold, least)
    return mx.where(logits < threshold, -mx.inf, logits)


def _pairs(bias: Mapping[int, float]) -> tuple[mx.array, mx.array] | None:
    if not bias:
        return None
    return mx.array(list(bias.keys()), mx.int32), mx.array(list(bias.values()), mx.float32)
