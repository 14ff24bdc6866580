"""Facts a user can tell: how they are told, and how they are asked for."""

from dataclasses import dataclass
from random import Random

from agent_memory.bundled.recipe.fillers import blurred
from agent_memory.bundled.recipe.phrasings import (
    ASK,
    ASK_HEADS,
    ASK_TAILS,
    CORRECT,
    TELL,
    TELL_HEADS,
)
from agent_memory.bundled.recipe.slots import Slot

CLAUSES = ("I ", "I'm ", "My ", "my ", "The ", "the ", "We ")
HEADS_HELD_OUT = ("Don't forget that ", "For the record, ", "You should know that ")
COPULAS = ("is", "is", "is", "is", "will be", "is now", "is called", "was set to", "must be")


@dataclass(frozen=True, slots=True)
class Fact:
    """A slot and the value it was given."""

    slot: Slot
    value: str

    @property
    def statement(self) -> str:
        """The fact as the model states it, in the middle of a sentence."""
        return self.slot.statement.replace("{v}", self.value)


def tell(rng: Random, fact: Fact, *, held_out: bool, correcting: bool = False) -> str:
    """A sentence that tells the fact."""
    frames = (CORRECT if correcting else TELL).of(held_out=held_out)
    own = fact.slot.own_tell.of(held_out=held_out)
    if own and not correcting and rng.random() < 0.6:
        frame = _headed(rng, rng.choice(own), held_out=held_out)
        return _fill(frame if held_out else blurred(rng, frame, 0.15), fact.slot, fact.value)
    frame = rng.choice(frames)
    if not held_out:
        if not correcting and rng.random() < 0.45:
            frame = f"{rng.choice(TELL_HEADS)} {{k}} {rng.choice(COPULAS)} {{v}}."
        frame = _worn(rng, frame)
    return _fill(frame, fact.slot, fact.value)


def _headed(rng: Random, frame: str, *, held_out: bool) -> str:
    """A clause of a slot's own, now and then after words that announce it."""
    if not frame.startswith(CLAUSES) or rng.random() > 0.3:
        return frame
    clause = frame if frame[0] == "I" else frame[0].lower() + frame[1:]
    if held_out:
        return rng.choice(HEADS_HELD_OUT) + clause
    return f"{rng.choice(TELL_HEADS)} {clause}"


def note(fact: Fact) -> str:
    """A sentence that somebody other than the user wrote down about the fact."""
    key = fact.slot.mine.replace("my ", "the user's ", 1)
    return f"{key[0].upper()}{key[1:]} is {fact.value}."


def ask(rng: Random, slot: Slot, *, held_out: bool) -> str:
    """A question for the slot's value."""
    frames = ASK.of(held_out=held_out)
    own = slot.own_ask.of(held_out=held_out)
    if own and rng.random() < 0.6:
        frames = own
    elif not held_out and rng.random() < 0.5:
        frames = (_composed_question(rng),)
    frame = rng.choice(frames)
    return _fill(frame if held_out else _worn(rng, frame), slot, "")


def _composed_question(rng: Random) -> str:
    head = rng.choice(ASK_HEADS)
    core = rng.choice(("{k}", "what {k} is", "what {k} was", "what is {k}"))
    if head.endswith((":", ",")):
        core = rng.choice(("{k}", "what is {k}", "what is {k}", "what was {k}"))
    elif rng.random() < 0.15:
        head, core = rng.choice(("What is", "What's", "What was", "What about", "And", "")), "{k}"
    tail = rng.choice(ASK_TAILS) if rng.random() < 0.25 else ""
    return f"{head} {core}{tail}{rng.choice('??..')}".strip()


def _worn(rng: Random, frame: str) -> str:
    """The frame as people leave it: with other words in it, or without its first."""
    words = frame.split(" ")
    if len(words) > 2 and "{" not in words[0] and rng.random() < 0.04:
        return " ".join(words[1:])
    return blurred(rng, frame, 0.25)


def _fill(frame: str, slot: Slot, value: str) -> str:
    text = frame.replace("{k}", slot.mine).replace("{K}", slot.mine)
    if not text.startswith("{v}"):
        text = text[0].upper() + text[1:]
    return text.replace("{v}", value)
