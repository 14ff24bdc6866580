"""Batches of dialogues as token ids, one dialogue a row, with the weight of every token's loss."""

from dataclasses import dataclass
from random import Random

from tokenizers import Tokenizer

from agent_memory.bundled.recipe.dialogues import Dialogue, Mix, Probe, write
from agent_memory.bundled.recipe.rendering import pieces

CHARACTERS_PER_TOKEN = 3.9


@dataclass(frozen=True, slots=True)
class Span:
    """Where a reply that evaluation counts lies in its row: [begin, end)."""

    probe: Probe
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Row:
    """One dialogue: its ids, which of them the model must write, and the replies that count."""

    ids: list[int]
    is_reply: list[bool]
    spans: list[Span]


def encode(tokenizer: Tokenizer, dialogue: Dialogue) -> Row:
    """The row of a dialogue."""
    row = Row([], [], [])
    for piece in pieces(dialogue):
        ids = tokenizer.encode(piece.text, add_special_tokens=False).ids
        if piece.probe is not Probe.NOTHING:
            row.spans.append(Span(piece.probe, len(row.ids), len(row.ids) + len(ids)))
        row.ids.extend(ids)
        row.is_reply.extend([piece.is_reply] * len(ids))
    return row


def rows(
    tokenizer: Tokenizer, rng: Random, mix: Mix, num_rows: int, length: int
) -> tuple[list[list[int]], list[list[bool]]]:
    """Ids and reply marks of this many dialogues, each cut or padded to `length`."""
    all_ids, all_marks = [], []
    for _ in range(num_rows):
        row = encode(tokenizer, write(rng, mix, int(length * CHARACTERS_PER_TOKEN)))
        missing = max(0, length - len(row.ids))
        all_ids.append(row.ids[:length] + [0] * missing)
        all_marks.append(row.is_reply[:length] + [False] * missing)
    return all_ids, all_marks
