"""Embeddings from the Gemini API (`models/*:batchEmbedContents` of v1beta)."""

from collections.abc import Sequence
from urllib.parse import quote

import numpy as np

from agent_memory.errors import EmbeddingUnavailable
from agent_memory.memory.vectors.embedding_space import Embedded, EmbeddingSpace, Purpose
from agent_memory.providers.upstream import Upstream
from agent_memory.providers.vectors import batches, checked_vectors, sent_texts

GEMINI_URL = "https://generativelanguage.googleapis.com/v1beta"
_BATCH = 100
"""The most that one call takes."""
_TASKS = {Purpose.DOCUMENT: "RETRIEVAL_DOCUMENT", Purpose.QUERY: "RETRIEVAL_QUERY"}
_KNOWS_TASKS = ("gemini-embedding-001", "text-embedding-00", "embedding-001")
_CHARACTERS_PER_TOKEN = 4
"""The API does not count the tokens of a batch."""


class GeminiEmbeddings:
    """One model of the Gemini API. Vectors of another than the full size come unnormalised from
    there; here they are normalised."""

    def __init__(self, upstream: Upstream, model: str, num_dims: int) -> None:
        self._upstream = upstream
        self.space = EmbeddingSpace("gemini", model, num_dims)

    async def embed(self, texts: Sequence[str], purpose: Purpose) -> Embedded:
        path = f"/models/{quote(self.space.model, safe='')}:batchEmbedContents"
        sent = sent_texts(texts)
        vectors = np.empty((len(texts), self.space.num_dims), np.float32)
        num_done = 0
        for batch in batches(sent, _BATCH):
            requests = [self._request(text, purpose) for text in batch]
            answer = await self._upstream.post(path, {"requests": requests})
            vectors[num_done : num_done + len(batch)] = checked_vectors(
                _read(answer), len(batch), self.space.num_dims
            )
            num_done += len(batch)
        return Embedded(vectors, tuple(-(-len(text) // _CHARACTERS_PER_TOKEN) for text in sent))

    async def close(self) -> None:
        await self._upstream.close()

    def _request(self, text: str, purpose: Purpose) -> dict[str, object]:
        request: dict[str, object] = {
            "model": f"models/{self.space.model}",
            "content": {"parts": [{"text": text}]},
            "outputDimensionality": self.space.num_dims,
        }
        if self.space.model.startswith(_KNOWS_TASKS):
            request["taskType"] = _TASKS[purpose]
        return request


def _read(answer: object) -> list[object]:
    match answer:
        case {"embeddings": [*entries]}:
            return [
                entry["values"] if isinstance(entry, dict) and "values" in entry else None
                for entry in entries
            ]
        case _:
            raise EmbeddingUnavailable("The embedding server's answer has no 'embeddings'.")
