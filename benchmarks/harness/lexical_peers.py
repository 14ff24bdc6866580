"""Other rankings by words, where they are installed: `pip install rank-bm25 bm25s`."""

import importlib
import importlib.util
import re
from collections.abc import Sequence

import numpy as np

_WORD = re.compile(r"\w+")

Rankings = list[list[Sequence[int]]]
"""For each collection and question: places of documents, the best first."""


def rank_by_rank_bm25(
    collections: Sequence[Sequence[str]], questions: Sequence[Sequence[str]]
) -> Rankings | None:
    """BM25Okapi as it comes, words in lower case; None when it is not installed."""
    if importlib.util.find_spec("rank_bm25") is None:
        return None
    rank_bm25 = importlib.import_module("rank_bm25")
    rankings: Rankings = []
    for documents, asked in zip(collections, questions, strict=True):
        index = rank_bm25.BM25Okapi([_words(one) for one in documents])
        scores = (np.asarray(index.get_scores(_words(one))) for one in asked)
        rankings.append([np.argsort(-one, kind="stable").tolist() for one in scores])
    return rankings


def rank_by_bm25s(
    collections: Sequence[Sequence[str]], questions: Sequence[Sequence[str]]
) -> Rankings | None:
    """With its own tokenizer and English stop words; None when it is not installed."""
    if importlib.util.find_spec("bm25s") is None:
        return None
    bm25s = importlib.import_module("bm25s")
    rankings: Rankings = []
    for documents, asked in zip(collections, questions, strict=True):
        index = bm25s.BM25()
        index.index(bm25s.tokenize(list(documents), stopwords="en", show_progress=False),
                    show_progress=False)  # fmt: skip
        words = bm25s.tokenize(list(asked), stopwords="en", show_progress=False)
        found, _ = index.retrieve(words, k=len(documents), show_progress=False)
        rankings.append([row.tolist() for row in np.asarray(found)])
    return rankings


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())
