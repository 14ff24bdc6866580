"""MiniLM in numpy against plain BERT on the same weights, and against torch on the original ones,
in whose space its vectors have to lie."""

import asyncio
import base64
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson
import pytest
from numpy.typing import NDArray
from tokenizers import Tokenizer

from agent_memory import bundled
from agent_memory.memory.vectors.embedding_space import Purpose
from agent_memory.providers.minilm.provider import MAX_TOKENS, MiniLm
from tests.unit.providers.minilm.plain_bert import PlainBert

REFERENCE = Path(__file__).parent / "reference.json"


@dataclass(frozen=True)
class Reference:
    texts: list[str]
    num_tokens: tuple[int, ...]
    vectors: NDArray[np.float32]


@pytest.fixture(scope="module")
def reference() -> Reference:
    entries = orjson.loads(REFERENCE.read_bytes())["texts"]
    return Reference(
        [entry["text"] for entry in entries],
        tuple(entry["num_tokens"] for entry in entries),
        np.stack([np.frombuffer(base64.b64decode(entry["vector"]), "<f4") for entry in entries]),
    )


@pytest.fixture(scope="module")
def minilm() -> Iterator[MiniLm]:
    provider = MiniLm.load(num_threads=2)
    yield provider
    asyncio.run(provider.close())


async def test_the_network_computes_what_plain_bert_does(
    minilm: MiniLm, reference: Reference
) -> None:
    tokenizer = Tokenizer.from_file(str(bundled.minilm_path() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    plain = PlainBert(bundled.minilm_path())
    expected = [plain.embed(tokenizer.encode(text).ids) for text in reference.texts]

    embedded = await minilm.embed(reference.texts, Purpose.DOCUMENT)

    assert embedded.vectors.dtype == np.float32
    np.testing.assert_allclose(embedded.vectors, expected, atol=1e-5)
    assert embedded.num_tokens == reference.num_tokens


async def test_vectors_lie_where_those_of_the_original_weights_do(
    minilm: MiniLm, reference: Reference
) -> None:
    """So that vectors which were made with those are compared with ours."""
    vectors = (await minilm.embed(reference.texts, Purpose.DOCUMENT)).vectors

    assert (vectors * reference.vectors).sum(axis=1).min() > 0.9995
    originals = reference.vectors @ reference.vectors.T
    np.testing.assert_allclose(vectors @ reference.vectors.T, originals, atol=0.005)
    np.testing.assert_allclose(vectors @ vectors.T, originals, atol=0.005)


async def test_a_text_has_the_same_vector_alone_as_among_others(
    minilm: MiniLm, reference: Reference
) -> None:
    together = await minilm.embed(reference.texts, Purpose.DOCUMENT)
    for text, vector in zip(reference.texts, together.vectors, strict=True):
        alone = await minilm.embed([text], Purpose.QUERY)
        np.testing.assert_allclose(alone.vectors[0], vector, atol=1e-5)


async def test_many_texts_keep_their_order(minilm: MiniLm, reference: Reference) -> None:
    times = 3
    once = await minilm.embed(reference.texts, Purpose.DOCUMENT)
    embedded = await minilm.embed(reference.texts * times, Purpose.DOCUMENT)

    np.testing.assert_allclose(embedded.vectors, np.tile(once.vectors, (times, 1)), atol=1e-5)


async def test_no_texts_have_no_vectors(minilm: MiniLm) -> None:
    embedded = await minilm.embed([], Purpose.DOCUMENT)

    assert embedded.vectors.shape == (0, minilm.space.num_dims)
    assert embedded.num_tokens == ()


async def test_what_means_the_same_lies_closer_than_what_does_not(minilm: MiniLm) -> None:
    texts = ["How do I reset my password?", "I forgot my login.", "Bread is baked from flour."]
    reset, forgot, bread = (await minilm.embed(texts, Purpose.DOCUMENT)).vectors

    assert reset @ forgot > reset @ bread + 0.2
