"""Embeddings from any server that speaks OpenAI's `POST /embeddings`."""

from collections.abc import Sequence

import numpy as np

from agent_memory.errors import EmbeddingUnavailable
from agent_memory.memory.vectors.embedding_space import Embedded, EmbeddingSpace, Purpose
from agent_memory.providers.upstream import Upstream
from agent_memory.providers.vectors import batches, checked_vectors, sent_texts, shared_out

OPENAI_URL = "https://api.openai.com/v1"
_BATCH = 128
_CAN_BE_ASKED_FOR_A_SIZE = "text-embedding-3"


def takes_sizes(model: str) -> bool:
    """Its vectors are made to be cut, and it can be asked for fewer dimensions."""
    return model.rpartition("/")[2].startswith(_CAN_BE_ASKED_FOR_A_SIZE)


class OpenAiEmbeddings:
    """One model of one server.

    The size is asked for only of models that are known to take it: other servers refuse the field.
    """

    def __init__(self, upstream: Upstream, model: str, num_dims: int) -> None:
        self._upstream = upstream
        self.space = EmbeddingSpace("openai", model, num_dims)

    async def embed(self, texts: Sequence[str], purpose: Purpose) -> Embedded:
        del purpose  # these models know no difference
        vectors = np.empty((len(texts), self.space.num_dims), np.float32)
        num_tokens: list[int] = []
        for batch in batches(sent_texts(texts), _BATCH):
            answer = await self._upstream.post("/embeddings", self._body(batch))
            values, used = _read(answer)
            num_done = len(num_tokens)
            vectors[num_done : num_done + len(batch)] = checked_vectors(
                values, len(batch), self.space.num_dims
            )
            num_tokens += shared_out(used, [len(text) for text in batch])
        return Embedded(vectors, tuple(num_tokens))

    async def close(self) -> None:
        await self._upstream.close()

    def _body(self, batch: list[str]) -> dict[str, object]:
        body: dict[str, object] = {
            "model": self.space.model,
            "input": batch,
            "encoding_format": "float",
        }
        if takes_sizes(self.space.model):
            body["dimensions"] = self.space.num_dims
        return body


def _read(answer: object) -> tuple[list[object], int]:
    """The vectors by their index, and the tokens that were counted."""
    match answer:
        case {"data": [*entries], **rest}:
            pass
        case _:
            raise EmbeddingUnavailable("The embedding server's answer has no 'data'.")
    values: list[object] = [None] * len(entries)
    for position, entry in enumerate(entries):
        match entry:
            case {"embedding": [*vector], "index": int(index)} if 0 <= index < len(entries):
                values[index] = vector
            case {"embedding": [*vector]}:
                values[position] = vector
            case _:
                raise EmbeddingUnavailable("The embedding server's answer lacks a vector.")
    match rest.get("usage"):
        case {"prompt_tokens": int(num_tokens)}:
            return values, num_tokens
        case _:
            return values, 0
