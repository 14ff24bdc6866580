"""Training: short dialogues first, then longer ones, and a rate that falls to nothing.

In the end most dialogues have nothing to teach any more, and a gradient costs three times what it
takes to see that: of many only those are learnt from whose loss is highest.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from agent_memory.bundled.recipe import batches, network
from agent_memory.bundled.recipe.batches import Batch
from agent_memory.bundled.recipe.dialogues import Mix
from agent_memory.bundled.recipe.model import Model
from agent_memory.bundled.recipe.network import Shape, Weights
from agent_memory.bundled.recipe.optimizer import Optimizer
from agent_memory.bundled.recipe.values import seeded

NUM_WARMUP_STEPS = 60
AVERAGE_DECAY = 0.99
CONTEXT_WEIGHT = 0.1
CONTEXT_SHARE = 0.1
POINTING_WEIGHT = 3.0
GATHERING_WEIGHT = 0.3
MATCHING_WEIGHT = 1.0
NUM_POINTING_HEADS = 2
PORTION_TOKENS = 512
ROW_TOKENS = {256: 3072, 512: 3072, 1024: 3072, 2048: 4096}
SIFTED = {256: 4, 512: 4, 1024: 2, 2048: 2}
"""Rows for each one that is learnt from, by their length. With 4, a quarter of the rows of 256
tokens had 93 % of the loss of all; longer ones differ less."""
MIXES = {
    256: Mix(0.75, 3, 0.95, 0.8, 0.1, 0.3, max_reading=15),
    512: Mix(0.7, 8, 0.9, 0.8, 0.1, 0.3, max_reading=30),
    1024: Mix(0.6, 8, 0.85, 0.5, 0.12, 0.3, max_reading=80),
    2048: Mix(0.5, 8, 0.6, 0.2, 0.15, 0.3, max_reading=160),
}


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of training, up to this share of all tokens, and the lengths it draws from."""

    until: float
    lengths: tuple[int, ...]
    is_sifted: bool = False


STAGES = (
    Stage(0.15, (256,)),
    Stage(0.72, (256, 256, 256, 512)),
    Stage(1.0, (256, 512, 512, 512, 1024, 2048), is_sifted=True),
)


@dataclass(frozen=True, slots=True)
class Portion:
    """Some rows of a batch, what the loss of each token counts, and what all else beside it."""

    ids: Tensor
    factors: Tensor
    pointers: Tensor
    gatherings: Tensor
    matchings: Tensor
    factor_beside: float


@dataclass(slots=True)
class Trainer:
    """Everything that changes while training."""

    shape: Shape
    tokenizer: Tokenizer
    weights: Weights
    average: Weights
    optimizer: Optimizer
    workers: ThreadPoolExecutor
    num_tokens: int = 0
    num_steps: int = 0

    @classmethod
    def begin(cls, model: Model, num_workers: int) -> "Trainer":
        """A trainer before its first step, from these weights on."""
        weights = model.weights
        for weight in weights.values():
            weight.requires_grad_(True)
        average = {name: weight.detach().clone() for name, weight in weights.items()}
        workers = ThreadPoolExecutor(num_workers, initializer=torch.set_num_threads, initargs=(1,))
        optimizer = Optimizer(weights)
        return cls(
            model.shape, model.tokenizer, weights, average, optimizer, workers, model.num_tokens
        )

    @property
    def model(self) -> Model:
        """What training has come to: the running average of the weights."""
        return Model(self.average, self.shape, self.tokenizer, self.num_tokens)

    def run(
        self,
        budget: int,
        seconds: float,
        seed: int,
        *,
        every: int,
        report: Callable[[str, "Trainer"], None],
    ) -> None:
        """Train until `budget` tokens were seen or the time is over; report every so many steps.

        The rate falls with whichever of the two is nearer to its end.
        """
        started_at, num_before, total = time.monotonic(), self.num_tokens, 0.0
        begun_at = share = self.num_tokens / budget
        while share < 1:
            total += self._step(share, seed)
            waited = (time.monotonic() - started_at) / seconds
            share = max(self.num_tokens / budget, begun_at + (1 - begun_at) * waited)
            if self.num_steps % every == 0:
                speed = (self.num_tokens - num_before) / (time.monotonic() - started_at)
                report(
                    f"{self.num_steps} steps, {self.num_tokens / 1e6:.2f} M tokens, "
                    f"loss {total / every:.4f}, {speed:.0f} tokens/s",
                    self,
                )
                total = 0.0

    def _step(self, share: float, seed: int) -> float:
        rng = seeded("batch", seed, self.num_tokens)
        stage = next(stage for stage in STAGES if share < stage.until)
        length = rng.choice(stage.lengths)
        num_rows = ROW_TOKENS[length] // length
        num_drawn = num_rows * SIFTED[length] if stage.is_sifted else num_rows
        batch = batches.batch(self.tokenizer, rng, MIXES[length], num_drawn, length + 1)
        if stage.is_sifted:
            batch = self._sifted(batch, num_rows)
        context_weight = CONTEXT_WEIGHT if share < CONTEXT_SHARE else 0.0
        loss = self._accumulate(batch, context_weight)
        self.optimizer.step(self._rate(share), self.workers)
        self._update_average()
        self.num_steps += 1
        self.num_tokens += num_rows * length
        return loss

    def _sifted(self, batch: Batch, num_kept: int) -> Batch:
        """The rows whose loss is highest."""
        ids, is_reply = torch.tensor(batch.ids), torch.tensor(batch.is_reply)
        num_rows = _rows_a_portion(ids.size(1) - 1)
        portions = zip(ids.split(num_rows), is_reply.split(num_rows), strict=True)
        losses = torch.cat(list(self.workers.map(self._row_losses, portions)))
        return batch.only(losses.topk(num_kept).indices.tolist())

    def _row_losses(self, portion: tuple[Tensor, Tensor]) -> Tensor:
        """The loss of all that is replied in each row."""
        ids, is_reply = portion[0], portion[1][:, 1:]
        with torch.no_grad():
            rotation = network.rotations(self.shape, ids.size(1) - 1)
            states = network.hidden_states(self.weights, self.shape, ids[:, :-1], rotation)
            scores = network.logits(self.weights, states[is_reply])
            losses = functional.cross_entropy(scores, ids[:, 1:][is_reply], reduction="none")
            return torch.zeros(len(ids)).index_add_(0, is_reply.nonzero()[:, 0], losses)

    def _accumulate(self, batch: Batch, context_weight: float) -> float:
        """Set every weight's gradient of the mean loss, and return that mean.

        Rows are shared out in portions among single-threaded workers, whoever is free taking the
        next: on a machine with other work to do that loses far less than threads that wait for
        each other in every operation.
        """
        ids, is_reply = torch.tensor(batch.ids), torch.tensor(batch.is_reply)
        factors = is_reply[:, 1:].float().clamp(min=context_weight) * (ids[:, 1:] != 0)
        num_replied = factors.sum()
        num_rows = _rows_a_portion(ids.size(1) - 1)
        portions = [
            Portion(
                ids[begin : begin + num_rows],
                factors[begin : begin + num_rows] / num_replied,
                _of_rows(batch.pointers, 3, begin, begin + num_rows),
                _of_rows(batch.gatherings, 4, begin, begin + num_rows),
                _of_rows(batch.matchings, 4, begin, begin + num_rows),
                1 / num_replied.item(),
            )
            for begin in range(0, len(ids), num_rows)
        ]
        total = 0.0
        for loss, gradients in self.workers.map(self._learn, portions):
            total += loss
            for weight, gradient in zip(self.weights.values(), gradients, strict=True):
                weight.grad = gradient if weight.grad is None else weight.grad + gradient
        return total

    def _learn(self, portion: Portion) -> tuple[float, tuple[Tensor, ...]]:
        ids, factors = portion.ids, portion.factors.flatten()
        rotation = network.rotations(self.shape, ids.size(1) - 1)
        states, attended = network.attended_states(self.weights, self.shape, ids[:, :-1], rotation)
        chosen = factors.nonzero().squeeze(1)
        scores = network.logits(self.weights, states.flatten(0, 1)[chosen])
        targets = ids[:, 1:].flatten()[chosen]
        losses = functional.cross_entropy(scores, targets, reduction="none")
        loss = (losses * factors[chosen]).sum()
        missed = network.pointing_losses(*attended[-1], portion.pointers, NUM_POINTING_HEADS)
        unread = network.gathering_losses(*attended[-2], portion.gatherings)
        unmatched = network.gathering_losses(*attended[-3], portion.matchings)
        beside = POINTING_WEIGHT * missed.sum() + GATHERING_WEIGHT * unread.sum()
        beside = beside + MATCHING_WEIGHT * unmatched.sum()
        whole = loss + beside * portion.factor_beside
        return loss.item(), torch.autograd.grad(whole, list(self.weights.values()))

    def _rate(self, share: float) -> float:
        warmth = min(1.0, (self.num_steps + 1) / NUM_WARMUP_STEPS)
        return warmth * (1 - share)

    def _update_average(self) -> None:
        decay = min(AVERAGE_DECAY, self.num_steps / (self.num_steps + 10))
        with torch.no_grad():
            for name, weight in self.weights.items():
                self.average[name].lerp_(weight, 1 - decay)

    def save(self, file: Path) -> None:
        """Write a checkpoint that training can go on from."""
        state = {
            "weights": {name: weight.detach() for name, weight in self.weights.items()},
            "average": self.average,
            "optimizer": self.optimizer.state(),
            "num_tokens": self.num_tokens,
            "num_steps": self.num_steps,
        }
        staging = file.with_suffix(".part")
        torch.save(state, staging)
        staging.replace(file)

    def restore(self, file: Path) -> None:
        """Go on from a checkpoint."""
        state = torch.load(file, weights_only=True)
        with torch.no_grad():
            for name, weight in self.weights.items():
                weight.copy_(state["weights"][name])
        self.average = state["average"]
        self.optimizer.restore(state["optimizer"])
        self.num_tokens, self.num_steps = state["num_tokens"], state["num_steps"]


def _rows_a_portion(length: int) -> int:
    return max(1, PORTION_TOKENS // length)


def _of_rows(items: Sequence[tuple[int, ...]], width: int, begin: int, end: int) -> Tensor:
    """Those of rows [begin, end), with rows counted from `begin`."""
    chosen = [(row - begin, *rest) for row, *rest in items if begin <= row < end]
    return torch.tensor(chosen, dtype=torch.long).view(-1, width)
