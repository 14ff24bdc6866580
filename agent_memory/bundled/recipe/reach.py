"""How far back the model still finds a fact, up to the end of its window."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer

from agent_memory.bundled.recipe import chatter, facts
from agent_memory.bundled.recipe.batches import encode
from agent_memory.bundled.recipe.dialogues import Dialogue, Message, Mix, Probe
from agent_memory.bundled.recipe.facts import Fact
from agent_memory.bundled.recipe.model import Model
from agent_memory.bundled.recipe.network import hidden_states, logits, rotations
from agent_memory.bundled.recipe.slots import any_slot
from agent_memory.bundled.recipe.values import seeded, value

NUM_TOKENS = (1000, 2000, 4000, 8000, 16000, 32700)
NUM_FACTS = 20
WORDS_A_TEXT = 60


@dataclass(frozen=True, slots=True)
class Reach:
    """What became of facts told at the beginning of a text of this many tokens."""

    num_tokens: int
    num_recalled: int
    num_told: int
    is_finite: bool


def reaches(model: Model) -> Iterator[Reach]:
    """The reach at each length. The longest takes about a minute on one core."""
    for num_tokens in NUM_TOKENS:
        row = encode(model.tokenizer, _dialogue(model.tokenizer, num_tokens))
        tokens = torch.tensor([row.ids])
        with torch.no_grad():
            rotation = rotations(model.shape, len(row.ids))
            states = hidden_states(model.weights, model.shape, tokens, rotation)
            scores = logits(model.weights, states)[0]
        choices = scores.argmax(-1).tolist()
        num_recalled = sum(
            row.ids[span.begin : span.end] == choices[span.begin - 1 : span.end - 1]
            for span in row.spans
        )
        yield Reach(len(row.ids), num_recalled, NUM_FACTS, bool(scores.isfinite().all()))


def _dialogue(tokenizer: Tokenizer, num_tokens: int) -> Dialogue:
    """Facts, then texts of no consequence, then a question for each fact."""
    rng = seeded("reach", num_tokens)
    told: dict[str, Fact] = {}
    while len(told) < NUM_FACTS:
        slot = any_slot(rng)
        told.setdefault(slot.yours, Fact(slot, value(rng, slot.kind, reserved=True)))
    telling, asking = list[Message](), list[Message]()
    for fact in told.values():
        telling.append(Message("user", facts.tell(rng, fact, held_out=False)))
        telling.append(Message("assistant", f"Noted: {fact.statement}."))
        asking.append(Message("user", facts.ask(rng, fact.slot, held_out=False)))
        answer = f"{fact.statement[0].upper()}{fact.statement[1:]}."
        asking.append(Message("assistant", answer, probe=Probe.RECALL))
    dialogue = Dialogue(rng, Mix(), messages=telling + asking)
    num_left = num_tokens - len(encode(tokenizer, dialogue).ids)
    texts = list[Message]()
    while num_left > 0:
        text, answer = chatter.reading(rng, WORDS_A_TEXT)
        texts += [Message("user", text), Message("assistant", answer)]
        num_left -= len(encode(tokenizer, Dialogue(rng, Mix(), messages=texts[-2:])).ids)
    return Dialogue(rng, Mix(), messages=telling + texts[:-2] + asking)
