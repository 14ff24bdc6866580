"""The dialogues that the model is tried on: of phrasings it knows, and of held-out ones.

All values are from the part kept for evaluation.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from agent_memory.bundled.recipe.dialogues import Dialogue, Mix
from agent_memory.bundled.recipe.values import seeded


@dataclass(frozen=True, slots=True)
class Setting:
    """A row of the table: which phrasings, how many turns, how many tokens at most."""

    title: str
    mix: Mix
    num_turns: int
    max_tokens: int

    def dialogues(self, num_dialogues: int) -> Iterator[Dialogue]:
        """So many of them, the same ones every time."""
        rng = seeded("evaluation", self.title)
        for _ in range(num_dialogues):
            dialogue = Dialogue.begin(rng, self.mix)
            for _ in range(self.num_turns):
                dialogue.take_turn()
            yield dialogue


DIALOGUES = ((5, 700, 20), (10, 1200, 60), (20, 2000, 120))
SETTINGS = tuple(
    Setting(f"{phrasing}, {turns} turns", Mix(held_out=held, reserved=True, max_reading=reading),
            turns, tokens)
    for turns, tokens, reading in DIALOGUES
    for phrasing, held in (("seen", False), ("held out", True))
) + tuple(
    Setting(f"{phrasing}, tools only", Mix(tools=1.0, calls=1.0, held_out=held, reserved=True),
            8, 2000)
    for phrasing, held in (("seen", False), ("held out", True))
)  # fmt: skip
