"""Muon for the matrices of the layers, Adam for the embedding and the norms.

Muon (Jordan et al., 2024) steps along the orthogonalised momentum; matrices of one shape are
orthogonalised together.
"""

from collections import defaultdict
from concurrent.futures import Executor
from functools import partial
from typing import TypedDict

import torch
from torch import Tensor

from agent_memory.bundled.recipe.network import Weights

MATRIX_RATE = 0.02
OTHER_RATE = 0.004
MOMENTUM = 0.95
DECAY = 0.02


class OptimizerState(TypedDict):
    """What a checkpoint keeps of the optimizer."""

    others: dict[str, object]
    momenta: dict[tuple[int, ...], Tensor]


class Optimizer:
    """Both rules over one set of weights, stepped with one common factor on their rates."""

    def __init__(self, weights: Weights) -> None:
        is_other = {name: weight.dim() < 2 or "embed" in name for name, weight in weights.items()}
        self._others = torch.optim.AdamW(
            [weight for name, weight in weights.items() if is_other[name]],
            lr=OTHER_RATE,
            betas=(0.9, 0.95),
            weight_decay=0.0,
        )
        self._matrices: dict[tuple[int, ...], list[Tensor]] = defaultdict(list)
        for name, weight in weights.items():
            if not is_other[name]:
                self._matrices[tuple(weight.shape)].append(weight)
        self._momenta = {
            size: torch.zeros(len(group), *size) for size, group in self._matrices.items()
        }

    def step(self, factor: float, workers: Executor) -> None:
        """Move the weights along their gradients and clear these; workers share the work."""
        for parameters in self._others.param_groups:
            parameters["lr"] = OTHER_RATE * factor
        self._others.step()
        self._others.zero_grad()
        list(workers.map(partial(self._step_group, MATRIX_RATE * factor), self._matrices))

    def _step_group(self, rate: float, size: tuple[int, ...]) -> None:
        group = self._matrices[size]
        with torch.no_grad():
            gradient = torch.stack([weight.grad for weight in group])
            momentum = self._momenta[size].lerp_(gradient, 1 - MOMENTUM)
            direction = orthogonalise(gradient.lerp(momentum, MOMENTUM))
            scale = max(1.0, size[0] / size[1]) ** 0.5
            for weight, move in zip(group, direction, strict=True):
                weight.mul_(1 - rate * DECAY).sub_(move, alpha=rate * scale)
                weight.grad = None

    def state(self) -> OptimizerState:
        """What a checkpoint keeps."""
        return {"others": self._others.state_dict(), "momenta": self._momenta}

    def restore(self, state: OptimizerState) -> None:
        """Go on from a checkpoint."""
        self._others.load_state_dict(state["others"])
        self._momenta = state["momenta"]


def orthogonalise(matrices: Tensor, num_steps: int = 5) -> Tensor:
    """The nearest semi-orthogonal matrices, about: a quintic Newton-Schulz iteration."""
    is_tall = matrices.size(-2) > matrices.size(-1)
    current = matrices.mT if is_tall else matrices
    current = current / (current.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(num_steps):
        square = current @ current.mT
        current = 3.4445 * current + (-4.7750 * square + 2.0315 * square @ square) @ current
    return current.mT if is_tall else current
