"""Dialogues in the bundled model's style: facts told at the start, asked for many tokens later."""

from random import Random

from tokenizers import Tokenizer

from agent_memory.bundled.recipe import chatter, facts
from agent_memory.bundled.recipe.batches import Row, encode
from agent_memory.bundled.recipe.dialogues import Dialogue, Message, Mix, Probe, write
from agent_memory.bundled.recipe.facts import Fact
from agent_memory.bundled.recipe.slots import any_slot
from agent_memory.bundled.recipe.values import seeded, value

_MIX = Mix(tools=0.0, held_out=True, reserved=True)


def needles(tokenizer: Tokenizer, number: int, num_facts: int, distance: int) -> Row:
    """So many facts, then talk of at least `distance` tokens, then a question for each fact. Values
    and phrasings are some that training never saw."""
    rng = seeded("needles", number, distance)
    told = _facts(rng, num_facts)
    dialogue = Dialogue(rng, _MIX)
    for fact in told:
        text = facts.tell(rng, fact, held_out=True)
        _say(dialogue, text, f"Noted: {fact.statement}.")
    begin = len(encode(tokenizer, dialogue).ids)
    while len(encode(tokenizer, dialogue).ids) < begin + distance:
        _say(dialogue, *chatter.exchange(rng, has_tools=False, held_out=True))
    for fact in rng.sample(told, len(told)):
        answer = fact.statement[0].upper() + fact.statement[1:] + "."
        _say(dialogue, facts.ask(rng, fact.slot, held_out=True), answer, Probe.RECALL)
    return encode(tokenizer, dialogue)


def text(tokenizer: Tokenizer, number: int, num_tokens: int) -> Row:
    """A dialogue as the model was trained on, cut to so many tokens, with new values."""
    dialogue = write(seeded("text", number), Mix(held_out=True, reserved=True), 6 * num_tokens)
    row = encode(tokenizer, dialogue)
    return Row(row.ids[:num_tokens], row.is_reply[:num_tokens])


def _facts(rng: Random, num_facts: int) -> list[Fact]:
    told: dict[str, Fact] = {}
    while len(told) < num_facts:
        slot = any_slot(rng)
        told[slot.yours] = Fact(slot, value(rng, slot.kind, reserved=True))
    return list(told.values())


def _say(dialogue: Dialogue, said: str, answer: str, probe: Probe = Probe.NOTHING) -> None:
    dialogue.messages.append(Message("user", said))
    dialogue.messages.append(Message("assistant", answer, (), probe))
