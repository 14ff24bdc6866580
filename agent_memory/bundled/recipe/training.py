"""Training: short dialogues first, then longer ones, and a rate that falls to nothing."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from agent_memory.bundled.recipe import batches, network
from agent_memory.bundled.recipe.dialogues import Mix
from agent_memory.bundled.recipe.network import Shape, Weights
from agent_memory.bundled.recipe.optimizer import Optimizer
from agent_memory.bundled.recipe.values import seeded

NUM_WARMUP_STEPS = 60
AVERAGE_DECAY = 0.99
CONTEXT_WEIGHT = 0.1
CONTEXT_SHARE = 0.1
PORTION_TOKENS = 1024
ROW_TOKENS = {256: 4096, 512: 4096, 1024: 6144, 2048: 8192}
MIXES = {
    256: Mix(tools=0.3, max_tools=1, distraction=0.1, max_reading=15),
    512: Mix(tools=0.65, max_tools=4, calls=0.75, unanswered=0.4, distraction=0.1, max_reading=30),
    1024: Mix(tools=0.6, calls=0.65, unanswered=0.3, distraction=0.12, max_reading=80),
    2048: Mix(tools=0.5, calls=0.6, unanswered=0.2, distraction=0.15, max_reading=160),
}


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of training, up to this share of all tokens, and the lengths it draws from."""

    until: float
    lengths: tuple[int, ...]


STAGES = (
    Stage(0.15, (256,)),
    Stage(0.35, (256, 512, 512)),
    Stage(0.85, (512, 512, 1024)),
    Stage(1.0, (512, 1024, 2048)),
)


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
    def begin(cls, shape: Shape, tokenizer: Tokenizer, seed: int, num_workers: int) -> "Trainer":
        """A trainer before its first step."""
        weights = network.initial_weights(shape, seed)
        for weight in weights.values():
            weight.requires_grad_(True)
        average = {name: weight.detach().clone() for name, weight in weights.items()}
        workers = ThreadPoolExecutor(num_workers, initializer=torch.set_num_threads, initargs=(1,))
        return cls(shape, tokenizer, weights, average, Optimizer(weights), workers)

    def run(
        self, budget: int, seed: int, *, every: int, report: Callable[[str, "Trainer"], None]
    ) -> None:
        """Train until `budget` tokens were seen; report every so many steps."""
        started_at, num_before, total = time.monotonic(), self.num_tokens, 0.0
        while self.num_tokens < budget:
            total += self._step(budget, seed)
            if self.num_steps % every == 0:
                speed = (self.num_tokens - num_before) / (time.monotonic() - started_at)
                report(
                    f"{self.num_steps} steps, {self.num_tokens / 1e6:.2f} M tokens, "
                    f"loss {total / every:.4f}, {speed:.0f} tokens/s",
                    self,
                )
                total = 0.0

    def _step(self, budget: int, seed: int) -> float:
        share = self.num_tokens / budget
        rng = seeded("batch", seed, self.num_steps)
        lengths = next(stage.lengths for stage in STAGES if share < stage.until)
        length = rng.choice(lengths)
        num_rows = ROW_TOKENS[length] // length
        ids, marks = batches.rows(self.tokenizer, rng, MIXES[length], num_rows, length + 1)
        context_weight = CONTEXT_WEIGHT if share < CONTEXT_SHARE else 0.0
        loss = self._accumulate(torch.tensor(ids), torch.tensor(marks), context_weight)
        self.optimizer.step(self._rate(share))
        self._update_average()
        self.num_steps += 1
        self.num_tokens += num_rows * length
        return loss

    def _accumulate(self, ids: Tensor, is_reply: Tensor, context_weight: float) -> float:
        """Set every weight's gradient of the mean loss, and return that mean.

        Rows are shared out in portions among single-threaded workers, whoever is free taking the
        next: on a machine with other work to do that loses far less than threads that wait for
        each other in every operation.
        """
        targets = ids[:, 1:]
        factors = is_reply[:, 1:].float().clamp(min=context_weight) * (targets != 0)
        factors /= factors.sum()
        num_rows = max(1, PORTION_TOKENS // targets.size(1))
        portions = zip(ids.split(num_rows), factors.split(num_rows), strict=True)
        total = 0.0
        for loss, gradients in self.workers.map(self._portion, portions):
            total += loss
            for weight, gradient in zip(self.weights.values(), gradients, strict=True):
                weight.grad = gradient if weight.grad is None else weight.grad + gradient
        return total

    def _portion(self, portion: tuple[Tensor, Tensor]) -> tuple[float, tuple[Tensor, ...]]:
        ids, factors = portion
        rotation = network.rotations(self.shape, ids.size(1) - 1)
        states = network.hidden_states(self.weights, self.shape, ids[:, :-1], rotation)
        chosen = factors.flatten().nonzero().squeeze(1)
        scores = network.logits(self.weights, states.flatten(0, 1)[chosen])
        targets = ids[:, 1:].flatten()[chosen]
        losses = functional.cross_entropy(scores, targets, reduction="none")
        loss = (losses * factors.flatten()[chosen]).sum()
        return loss.item(), torch.autograd.grad(loss, list(self.weights.values()))

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
