"""MiniLM as a provider of embeddings."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Self

import numpy as np
from tokenizers import Tokenizer

from agent_memory.bundled import minilm_path
from agent_memory.memory.vectors.embedding_space import Embedded, EmbeddingSpace, Purpose
from agent_memory.providers.minilm.blas import use_one_blas_thread
from agent_memory.providers.minilm.network import embed_packed
from agent_memory.providers.minilm.packing import pack
from agent_memory.providers.minilm.weights import NUM_DIMS, Array, Weights

MODEL = "all-MiniLM-L6-v2"
MINILM_SPACE = EmbeddingSpace("minilm", MODEL, NUM_DIMS)
MAX_TOKENS = 256
"""The longest that the model was made for; the rest of a text is not read."""


class MiniLm:
    """The model, loaded once, computing in threads so that the event loop answers meanwhile.

    Questions have a thread of their own: they do not wait for documents, of which there may be
    thousands.
    """

    space = MINILM_SPACE

    def __init__(self, weights: Weights, tokenizer: Tokenizer, num_threads: int) -> None:
        self._weights = weights
        self._tokenizer = tokenizer
        self._threads = {
            Purpose.DOCUMENT: ThreadPoolExecutor(num_threads, "embed-documents"),
            Purpose.QUERY: ThreadPoolExecutor(1, "embed-queries"),
        }

    @classmethod
    def load(cls, num_threads: int, folder: Path | None = None) -> Self:
        """Read the weights, 24 MB on disk and 90 in memory."""
        folder = folder or minilm_path()
        use_one_blas_thread()
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.enable_truncation(MAX_TOKENS)
        return cls(Weights.load(folder), tokenizer, num_threads)

    async def embed(self, texts: Sequence[str], purpose: Purpose) -> Embedded:
        if not texts:
            return Embedded(np.empty((0, NUM_DIMS), np.float32), ())
        run = partial(asyncio.get_running_loop().run_in_executor, self._threads[purpose])
        tokens = await run(self._tokenize, list(texts))
        packs = pack([len(text) for text in tokens])
        parts = await asyncio.gather(
            *(run(self._embed, [tokens[index] for index in indices]) for indices in packs)
        )
        vectors = np.empty((len(texts), NUM_DIMS), np.float32)
        for indices, part in zip(packs, parts, strict=True):
            vectors[indices] = part
        return Embedded(vectors, tuple(map(len, tokens)))

    async def close(self) -> None:
        for threads in self._threads.values():
            threads.shutdown(wait=False, cancel_futures=True)

    def _tokenize(self, texts: list[str]) -> list[list[int]]:
        return [encoding.ids for encoding in self._tokenizer.encode_batch_fast(texts)]

    def _embed(self, texts: list[list[int]]) -> Array:
        return embed_packed(self._weights, texts)
