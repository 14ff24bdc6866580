"""Embedding spaces: vectors are compared with those of the same model and size, and no others."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray

from agent_memory.errors import InvalidRequest


class Purpose(StrEnum):
    """What a text is embedded for; some models tell the two apart."""

    DOCUMENT = "document"
    QUERY = "query"


@dataclass(frozen=True, slots=True)
class EmbeddingSpace:
    """Where the vectors of one model and size lie. `provider` is a word of the settings."""

    provider: str
    model: str
    num_dims: int

    @property
    def space_id(self) -> str:
        """Such as `minilm/all-MiniLM-L6-v2/384`; the model may contain slashes itself."""
        return f"{self.provider}/{self.model}/{self.num_dims}"

    @classmethod
    def parse(cls, space_id: str) -> Self:
        """The space of that id; `InvalidRequest` when it is none."""
        provider, _, rest = space_id.partition("/")
        model, _, num_dims = rest.rpartition("/")
        if not (provider and model and num_dims.isascii() and num_dims.isdigit()):
            raise InvalidRequest(f"'{space_id}' is not the id of an embedding space.")
        return cls(provider, model, int(num_dims))


@dataclass(frozen=True, slots=True)
class Embedded:
    """Texts as vectors [texts, dims] of length 1, in the order of the texts.

    num_tokens: what the model read of each, cut texts counted as cut; an estimate where it does
    not tell.
    """

    vectors: NDArray[np.float32]
    num_tokens: tuple[int, ...]
