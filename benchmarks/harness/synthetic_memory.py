"""Workspaces full of made-up messages, copied into the database faster than they could be said.

Words are drawn as in a language (Zipf's law), vectors around centres, so that some of each are
near each other. The rows are what an ingestion writes; it is the way that is shorter.
"""

import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import psycopg
from numpy.typing import NDArray

from agent_memory.ids import WorkspaceId
from agent_memory.memory.search.terms import token_terms

NUM_DIMS = 384
SPACE_ID = "synthetic/centres/384"
_VOCABULARY = 30_000
_COMMON = 50
_WORDS_PER_ITEM = (8, 32)
_ITEMS_PER_THREAD = 500
_NUM_CENTRES = 500
_SYLLABLES = "ba ko li mu ra ti so ne du pi ga fe wo zu va he jo ki la mo".split()  # noqa: SIM905
_SIGNATURE = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
_BATCH = 10_000


@dataclass(frozen=True, slots=True)
class SyntheticMemory:
    """Makes items, questions and vectors, always the same from one seed."""

    words: tuple[str, ...]
    chances: NDArray[np.float64]
    centres: NDArray[np.float32]
    rng: np.random.Generator

    @classmethod
    def seeded(cls, seed: int) -> "SyntheticMemory":
        rng = np.random.default_rng(seed)
        weights = 1.0 / (np.arange(_VOCABULARY) + _COMMON)
        centres = rng.standard_normal((_NUM_CENTRES, NUM_DIMS)).astype(np.float32)
        chances = np.cumsum(weights / weights.sum())
        return cls(tuple(map(_word, range(_VOCABULARY))), chances, centres, rng)

    def texts(self, num: int) -> Iterator[list[str]]:
        lengths = self.rng.integers(*_WORDS_PER_ITEM, size=num)
        drawn = np.searchsorted(self.chances, self.rng.random(int(lengths.sum())))
        begin = 0
        for length in lengths.tolist():
            yield [self.words[min(at, _VOCABULARY - 1)] for at in drawn[begin : begin + length]]
            begin += length

    def questions(self, num: int) -> Iterator[str]:
        """Half of what somebody said, with other words."""
        for text in self.texts(num):
            yield " ".join(text[: max(4, len(text) // 3)])

    def vectors(self, num: int) -> NDArray[np.float32]:
        near = self.centres[self.rng.integers(0, _NUM_CENTRES, num)]
        made = near + self.rng.standard_normal((num, NUM_DIMS)).astype(np.float32)
        normal: NDArray[np.float32] = made / np.linalg.norm(made, axis=1, keepdims=True)
        return normal


def fill(
    connection: psycopg.Connection, memory: SyntheticMemory, workspace: WorkspaceId, num: int
) -> None:
    """Write `num` messages with their indexes; the connection may pass over row-level security."""
    connection.execute("SET search_path = agent_memory, public")
    connection.execute("INSERT INTO workspaces (workspace_id) VALUES (%s)", (workspace,))
    first = connection.execute(
        "SELECT setval('item_numbers', nextval('item_numbers') + %s) - %s", (num, num)
    ).fetchone()
    assert first is not None
    _add_threads(connection, workspace, num)
    _copy_items(connection, memory, workspace, int(first[0]), num)
    _copy_vectors(connection, memory, workspace, int(first[0]), num)
    for statement in (_POSTINGS, _TERMS, _TOTALS):
        connection.execute(statement.encode(), {"workspace": workspace})


_POSTINGS = """
INSERT INTO postings (
    workspace_id, term, thread_no, item_no, place, is_message, frequency, length
)
SELECT workspace_id, term, thread_no, item_no, place, true, frequency, length
FROM items, unnest(terms, frequencies) AS found (term, frequency)
WHERE workspace_id = %(workspace)s
"""
_TERMS = """
INSERT INTO term_statistics
SELECT workspace_id, term, count(*)
FROM postings WHERE workspace_id = %(workspace)s GROUP BY workspace_id, term
"""
_TOTALS = """
INSERT INTO memory_statistics
SELECT workspace_id, count(*), sum(round(length))
FROM items WHERE workspace_id = %(workspace)s GROUP BY workspace_id
"""


def _add_threads(connection: psycopg.Connection, workspace: WorkspaceId, num: int) -> None:
    threads = range((num + _ITEMS_PER_THREAD - 1) // _ITEMS_PER_THREAD)
    connection.execute(
        "INSERT INTO threads (workspace_id, thread_id, next_position)"
        " SELECT %s, 'thread' || n, %s FROM generate_series(0, %s) AS n",
        (workspace, _ITEMS_PER_THREAD, threads[-1]),
    )
    connection.execute(
        "INSERT INTO materials (workspace_id, material_id, thread_no, kind, text, content_hash,"
        " occurred_at, metadata, notes, redactions, redaction_version)"
        " SELECT workspace_id, 'mat_' || thread_id, thread_no, 'chat', '', thread_id, now(), '{}',"
        " '{}', '{}', 0 FROM threads WHERE workspace_id = %s",
        (workspace,),
    )
    connection.execute(
        "INSERT INTO embedding_spaces (workspace_id, space_id, provider, model, num_dimensions,"
        " state) VALUES (%s, %s, 'synthetic', 'centres', %s, 'serving')",
        (workspace, SPACE_ID, NUM_DIMS),
    )


def _copy_items(
    connection: psycopg.Connection,
    memory: SyntheticMemory,
    workspace: WorkspaceId,
    first: int,
    num: int,
) -> None:
    rows = connection.execute(
        "SELECT thread_no FROM threads WHERE workspace_id = %s ORDER BY thread_no", (workspace,)
    ).fetchall()
    threads = [int(row[0]) for row in rows]
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY items (workspace_id, item_no, item_id, thread_no, material_id, kind, state, text,"
            " context, search_text, span_begin, span_end, occurred_at, valid_from, content_hash,"
            " role, position, place, keys, confidence, num_occurrences, metadata, terms,"
            " frequencies, length) FROM STDIN"
        ) as copy,
    ):
        for at, words in enumerate(memory.texts(num)):
            thread, place = divmod(at, _ITEMS_PER_THREAD)
            copy.write(_item_line(workspace, first + at, thread, threads[thread], place, words))


def _item_line(
    workspace: WorkspaceId, number: int, thread: int, thread_no: int, place: int, words: list[str]
) -> str:
    terms = Counter(term for word in words for term in token_terms(word))
    text = " ".join(words)
    when = f"2026-05-{1 + thread % 28:02} {place // 60 % 24:02}:{place % 60:02}:00+00"
    fields = (
        workspace, number, f"item_{workspace}_{number}", thread_no, f"mat_thread{thread}", "chat",
        "active", text, "", "", 0, len(text), when, when, f"{number}", "user", place, place, "[]",
        1, 1, "{}", "{" + ",".join(terms) + "}", "{" + ",".join(map(str, terms.values())) + "}",
        sum(terms.values()),
    )  # fmt: skip
    return "\t".join(map(str, fields)) + "\n"


def _copy_vectors(
    connection: psycopg.Connection,
    memory: SyntheticMemory,
    workspace: WorkspaceId,
    first: int,
    num: int,
) -> None:
    name, space = workspace.encode(), SPACE_ID.encode()
    head = struct.pack(f">hi{len(name)}si{len(space)}si", 4, len(name), name, len(space), space, 8)
    size = struct.pack(">ihh", 4 + 2 * NUM_DIMS, NUM_DIMS, 0)
    with (
        connection.cursor() as cursor,
        cursor.copy("COPY item_vectors FROM STDIN (FORMAT binary)") as copy,
    ):
        copy.write(_SIGNATURE)
        for begin in range(0, num, _BATCH):
            some = memory.vectors(min(_BATCH, num - begin)).astype(">f2")
            numbers = range(first + begin, first + begin + len(some))
            copy.write(
                b"".join(
                    head + struct.pack(">q", number) + size + vector.tobytes()
                    for number, vector in zip(numbers, some, strict=True)
                )
            )
        copy.write(struct.pack(">h", -1))


def _word(number: int) -> str:
    """A word that is its own stem, nearly always."""
    base = len(_SYLLABLES)
    digits = [number % base, number // base % base, number // base**2 % base, number // base**3]
    return "".join(_SYLLABLES[digit % base] for digit in digits) + "x"
