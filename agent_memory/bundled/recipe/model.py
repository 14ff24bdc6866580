"""A network with all that belongs to it."""

from dataclasses import dataclass

from tokenizers import Tokenizer

from agent_memory.bundled.recipe.network import Shape, Weights


@dataclass(frozen=True, slots=True)
class Model:
    """Weights, their shape, the tokenizer, and how many tokens the weights were trained on."""

    weights: Weights
    shape: Shape
    tokenizer: Tokenizer
    num_tokens: int
