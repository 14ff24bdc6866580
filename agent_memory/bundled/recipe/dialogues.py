"""Dialogues as the model should hold them, grown turn by turn until they are long enough."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

from agent_memory.bundled.recipe import chatter, facts, tools
from agent_memory.bundled.recipe.catalogue import Tool
from agent_memory.bundled.recipe.facts import Fact
from agent_memory.bundled.recipe.fillers import noise
from agent_memory.bundled.recipe.phrasings import CLOSERS, OPENERS
from agent_memory.bundled.recipe.slots import Slot, any_slot, generic
from agent_memory.bundled.recipe.values import value


class Probe(StrEnum):
    """What a reply shows, for those that evaluation counts."""

    NOTHING = "nothing"
    RECALL = "recall"
    CORRECTED = "corrected"
    NOT_TOLD = "not told"
    TOOL = "tool"
    TOOL_RESULT = "tool result"


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call: name and arguments."""

    name: str
    arguments: dict[str, tools.Json]


@dataclass(frozen=True, slots=True)
class Message:
    """One message; an assistant's may carry calls instead of content.

    `told` are the values in it that were told before, in the order in which it has them.
    """

    role: str
    content: str
    calls: tuple[Call, ...] = ()
    probe: Probe = Probe.NOTHING
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mix:
    """How dialogues are put together: what is in them, which phrasings and which values.

    `tools` is the share of dialogues with tools, `calls` the share of turns in these that use one,
    `unanswered` the share of calls that no result follows.
    """

    tools: float = 0.4
    max_tools: int = 8
    calls: float = 0.5
    unanswered: float = 0.1
    distraction: float = 0.15
    corrections: float = 0.2
    max_reading: int = 60
    held_out: bool = False
    reserved: bool = False


@dataclass(slots=True)
class Dialogue:
    """A dialogue under construction."""

    rng: Random
    mix: Mix
    toolbox: tuple[Tool, ...] = ()
    schemas: list[dict[str, tools.Json]] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    known: dict[str, Fact] = field(default_factory=dict)
    corrected: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)

    @classmethod
    def begin(cls, rng: Random, mix: Mix) -> "Dialogue":
        """A dialogue that has its system prompt and its tools, if any, and no turn yet."""
        self = cls(rng, mix)
        if rng.random() < mix.tools:
            self.toolbox = tools.toolbox(rng, rng.randint(1, mix.max_tools), held_out=mix.held_out)
            self.schemas = [tools.schema(rng, tool) for tool in self.toolbox]
        prompt = chatter.system_prompt(rng) if rng.random() < 0.6 else ""
        if rng.random() < 0.12:
            lines = [self._take_note() for _ in range(rng.randint(1, 4))]
            prompt = f"{prompt}\n{_listing(rng, lines)}".strip()
        if prompt:
            self.messages.append(Message("system", prompt))
        return self

    def take_turn(self) -> None:
        """Add one turn of some kind."""
        if self.toolbox and self.rng.random() < self.mix.calls:
            self._use_tool()
        elif self.rng.random() < self.mix.distraction:
            self._distract()
        elif self.rng.random() < (0.62 if self.known else 0.15):
            self._ask()
        else:
            self._tell()

    def _tell(self) -> None:
        rng, num_told = self.rng, self.rng.choice((1, 1, 1, 1, 2, 3))
        if self.known and rng.random() < self.mix.corrections:
            self._correct()
            return
        told = [self._new_fact() for _ in range(num_told)]
        text = self._join([self._remember(fact) for fact in told])
        if num_told == 1 and rng.random() < 0.06:
            question = facts.ask(rng, told[0].slot, held_out=self.mix.held_out)
            answer = _sentence(told[0].statement)
            self._say(f"{text} {question}", answer, Probe.RECALL, (told[0].value,))
            return
        self._say(self._dress(text), _noted(told), told=tuple(fact.value for fact in told))

    def _correct(self) -> None:
        key = self.rng.choice(list(self.known))
        slot = self.known[key].slot
        fact = Fact(slot, self._value(slot))
        self.known[key] = fact
        self.corrected.add(key)
        text = facts.tell(self.rng, fact, held_out=self.mix.held_out, correcting=True)
        self._say(text, _noted([fact]), told=(fact.value,))

    def _ask(self) -> None:
        rng = self.rng
        dice = rng.random()
        if dice < 0.25 or not self.known:
            self._ask_unknown()
        elif dice < 0.31 and len(self.known) <= 6:
            listing = "; ".join(fact.statement for fact in self.known.values())
            question = rng.choice(("What do you know about me?", "What have I told you?",
                                   "What do you remember?", "List what you know.",
                                   "Tell me everything you know."))  # fmt: skip
            self._say(question, f"You told me: {listing}.")
        elif dice < 0.38 and len(self.known) > 1:
            self._ask_two()
        else:
            key = rng.choice(list(self.known))
            if rng.random() < 0.3:
                key = next(iter(self.known))
            elif self.corrected and rng.random() < self.mix.corrections / 2:
                key = rng.choice(sorted(self.corrected))
            fact = self.known[key]
            question = facts.ask(rng, fact.slot, held_out=self.mix.held_out)
            probe = Probe.CORRECTED if key in self.corrected else Probe.RECALL
            if rng.random() < 0.05:
                question = self._with_notes(question)
            answer = _sentence(fact.statement)
            self._say(self._dress(question), answer, probe, (fact.value,))

    def _ask_two(self) -> None:
        one, two = (self.known[key] for key in self.rng.sample(list(self.known), 2))
        question = self.rng.choice(("What are {a} and {b}?", "Tell me {a} and {b}.",
                                    "What is {a} and what is {b}?"))  # fmt: skip
        question = question.replace("{a}", one.slot.mine).replace("{b}", two.slot.mine)
        answer = _sentence(f"{one.statement} and {two.statement}")
        self._say(question, answer, Probe.RECALL, (one.value, two.value))

    def _ask_unknown(self) -> None:
        near = None
        if self.known and self.rng.random() < 0.5:
            near = self.rng.choice(list(self.known.values())).slot
        slot = self._new_slot(near)
        question = facts.ask(self.rng, slot, held_out=self.mix.held_out)
        self._say(self._dress(question), _sentence(slot.not_told), Probe.NOT_TOLD)

    def _with_notes(self, question: str) -> str:
        lines = [self._take_note() for _ in range(self.rng.randint(1, 3))]
        return f"{_listing(self.rng, lines)}\n\n{question}"

    def _distract(self) -> None:
        rng = self.rng
        if not self.known and rng.random() < 0.15:
            self._say("What do you know about me?", chatter.NOTHING_YET)
        elif rng.random() < 0.1:
            self._say(*chatter.reading(rng, rng.randint(10, self.mix.max_reading)))
        else:
            self._say(*chatter.exchange(rng, bool(self.toolbox), held_out=self.mix.held_out))

    def _use_tool(self) -> None:
        rng, mix = self.rng, self.mix
        wanted = [self._next_tool() for _ in range(1 if rng.random() < 0.94 else 2)]
        requests = [
            tools.request(rng, tool, held_out=mix.held_out, reserved=mix.reserved)
            for tool in wanted
        ]
        text = " ".join(item.text for item in requests)
        calls = tuple(Call(item.tool.name, item.arguments) for item in requests)
        self.messages.append(Message("user", self._dress(text)))
        self.messages.append(Message("assistant", "", calls, Probe.TOOL))
        if rng.random() < mix.unanswered:
            return
        results = [tools.result(rng, reserved=mix.reserved) for _ in calls]
        self.messages += [Message("tool", text) for text, _ in results]
        answer = "\n".join(said for _, said in results)
        self.messages.append(Message("assistant", answer, (), Probe.TOOL_RESULT))

    def _next_tool(self) -> Tool:
        """Most often one that was not used yet: an earlier call would give the answer away."""
        unused = [tool for tool in self.toolbox if tool.name not in self.used]
        tool = self.rng.choice(unused if unused and self.rng.random() < 0.7 else self.toolbox)
        self.used.add(tool.name)
        return tool

    def _say(
        self,
        text: str,
        answer: str,
        probe: Probe = Probe.NOTHING,
        told: tuple[str, ...] = (),
    ) -> None:
        self.messages.append(Message("user", text))
        self.messages.append(Message("assistant", answer, (), probe, told))

    def _remember(self, fact: Fact) -> str:
        self.known[fact.slot.yours] = fact
        return facts.tell(self.rng, fact, held_out=self.mix.held_out)

    def _take_note(self) -> str:
        fact = self._new_fact()
        told = self._remember(fact)
        return facts.note(fact) if self.rng.random() < 0.4 else told

    def _new_fact(self) -> Fact:
        near = None
        if self.known and self.rng.random() < 0.25:
            near = self.rng.choice(list(self.known.values())).slot
        slot = self._new_slot(near)
        return Fact(slot, self._value(slot))

    def _new_slot(self, near: Slot | None) -> Slot:
        while True:
            slot = any_slot(self.rng) if near is None else generic(self.rng, near)
            if slot.yours not in self.known:
                return slot

    def _value(self, slot: Slot) -> str:
        return value(self.rng, slot.kind, reserved=self.mix.reserved)

    def _join(self, sentences: Sequence[str]) -> str:
        if len(sentences) > 1 and self.rng.random() < 0.4:
            return " and ".join(item.rstrip(".!") for item in sentences) + "."
        return " ".join(sentences)

    def _dress(self, text: str) -> str:
        """The same text with the small things people add or leave out."""
        rng = self.rng
        if self.mix.held_out:
            return text
        if rng.random() < 0.15:
            text = rng.choice(OPENERS) + text
        elif rng.random() < 0.06:
            text = f"{noise(rng)} {text}"
        if rng.random() < 0.06:
            text += rng.choice(CLOSERS)
        elif rng.random() < 0.06:
            text = text.rstrip(".?!")
        if rng.random() < 0.06:
            text = text[0].lower() + text[1:]
        return text


def write(rng: Random, mix: Mix, num_characters: int) -> Dialogue:
    """A dialogue of at least this many characters."""
    dialogue = Dialogue.begin(rng, mix)
    length = len(json.dumps(dialogue.schemas)) + sum(len(m.content) for m in dialogue.messages)
    while length < num_characters:
        num_before = len(dialogue.messages)
        dialogue.take_turn()
        length += sum(len(item.content) + 20 for item in dialogue.messages[num_before:])
    return dialogue


def _listing(rng: Random, lines: Sequence[str]) -> str:
    head = rng.choice(("What you know:", "Facts:", "Notes:", "You remember:", "Memory:",
                       "From earlier conversations:", "Relevant memories:"))  # fmt: skip
    mark = rng.choice(("- ", "* ", "", "1. "))
    return "\n".join([head, *(mark + line for line in lines)])


def _noted(told: Sequence[Fact]) -> str:
    statements = [fact.statement for fact in told]
    return f"Noted: {' and '.join(statements)}."


def _sentence(statement: str) -> str:
    return statement[0].upper() + statement[1:] + "."
