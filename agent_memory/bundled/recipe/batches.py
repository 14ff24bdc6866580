"""Batches of dialogues as token ids, one dialogue a row, with the weight of every token's loss."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from tokenizers import Tokenizer

from agent_memory.bundled.recipe.dialogues import Dialogue, Mix, Probe, write
from agent_memory.bundled.recipe.pointers import Placed, called, gatherings, matchings, pointers
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
    """One dialogue: its ids, which of them the model must write, and the replies that count.

    `pointers` are pairs of a written token and the earlier token that it is copied from;
    `gatherings` a token, and begin and end of the tokens that it must take in; `matchings` a word's
    last token, and begin and end of the tool that it speaks of.
    """

    ids: list[int]
    is_reply: list[bool]
    spans: list[Span] = field(default_factory=list)
    pointers: list[tuple[int, int]] = field(default_factory=list)
    gatherings: list[tuple[int, int, int]] = field(default_factory=list)
    matchings: list[tuple[int, int, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one length; pointers, gatherings and matchings of all of them begin with the row."""

    ids: list[list[int]]
    is_reply: list[list[bool]]
    pointers: list[tuple[int, ...]] = field(default_factory=list)
    gatherings: list[tuple[int, ...]] = field(default_factory=list)
    matchings: list[tuple[int, ...]] = field(default_factory=list)

    def only(self, rows: Sequence[int]) -> "Batch":
        """These rows of it, in this order."""
        places = {row: place for place, row in enumerate(rows)}

        def moved(items: Sequence[tuple[int, ...]]) -> list[tuple[int, ...]]:
            return [(places[row], *rest) for row, *rest in items if row in places]

        return Batch(
            [self.ids[row] for row in rows],
            [self.is_reply[row] for row in rows],
            moved(self.pointers),
            moved(self.gatherings),
            moved(self.matchings),
        )


def encode(tokenizer: Tokenizer, dialogue: Dialogue) -> Row:
    """The row of a dialogue."""
    row, placed = Row([], []), list[Placed]()
    for piece in pieces(dialogue):
        encoded = tokenizer.encode(piece.text, add_special_tokens=False)
        begin, ids = len(row.ids), encoded.ids
        indices = {place: begin + at for at, (place, _) in enumerate(encoded.offsets)}
        placed.append(Placed(piece, indices))
        if piece.probe is not Probe.NOTHING:
            row.spans.append(Span(piece.probe, begin, begin + len(ids)))
        row.ids.extend(ids)
        row.is_reply.extend([piece.is_reply] * len(ids))
        calls = called(placed)
        row.pointers.extend(pointers(placed, calls))
        row.gatherings.extend(gatherings(placed, calls))
        row.matchings.extend(matchings(placed, calls))
    return row


def batch(tokenizer: Tokenizer, rng: Random, mix: Mix, num_rows: int, length: int) -> Batch:
    """This many dialogues, each cut or padded to `length`."""
    made = Batch([], [])
    for index in range(num_rows):
        row = encode(tokenizer, write(rng, mix, int(length * CHARACTERS_PER_TOKEN)))
        missing = max(0, length - len(row.ids))
        made.ids.append(row.ids[:length] + [0] * missing)
        made.is_reply.append(row.is_reply[:length] + [False] * missing)
        made.pointers.extend((index, *item) for item in row.pointers if item[0] < length)
        made.gatherings.extend((index, *item) for item in row.gatherings if item[0] < length - 1)
        made.matchings.extend((index, *item) for item in row.matchings if item[0] < length - 1)
    return made
