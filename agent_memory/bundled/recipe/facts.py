"""Facts a user can tell: a slot says how it is told, asked for, stated and missed."""

from dataclasses import dataclass
from random import Random

from agent_memory.bundled.recipe.phrasings import (
    ASK,
    ASK_HEADS,
    ASK_TAILS,
    CORRECT,
    FILLERS,
    TELL,
    TELL_HEADS,
    Phrasings,
)
from agent_memory.bundled.recipe.values import made_up_word

UNKNOWN = ("something", "a place", "a day")
NO_PHRASINGS = Phrasings((), ())
CLAUSES = ("I ", "I'm ", "My ", "my ", "The ", "the ", "We ")
HEADS_HELD_OUT = ("Don't forget that ", "For the record, ", "You should know that ")
COPULAS = ("is", "is", "is", "is", "will be", "is now", "is called", "was set to", "must be")


@dataclass(frozen=True, slots=True)
class Slot:
    """What a fact is about, apart from its value.

    `mine` and `yours` are the key in the user's and in the model's mouth; `statement` is what the
    model says of a value, `unknown` what stands for the value when it has not been told.
    """

    mine: str
    yours: str
    kind: str
    statement: str
    unknown: str
    own_tell: Phrasings = NO_PHRASINGS
    own_ask: Phrasings = NO_PHRASINGS

    @property
    def not_told(self) -> str:
        """What the model says when it has not been told the value.

        It is the statement up to the value's place, so that the model looks for the value where
        it would say it, and does not have to know with its first word.
        """
        return self.statement.replace("{v}", f"{self.unknown} you have not told me")


@dataclass(frozen=True, slots=True)
class Fact:
    """A slot and the value it was given."""

    slot: Slot
    value: str

    @property
    def statement(self) -> str:
        """The fact as the model states it, in the middle of a sentence."""
        return self.slot.statement.replace("{v}", self.value)


def keyed(mine: str, yours: str, kind: str) -> Slot:
    """A slot that is told as "<key> is <value>" and nothing more special."""
    return Slot(mine, yours, kind, yours + " is {v}", "something")


SPECIAL = (
    Slot(
        "my name", "your name", "name", "your name is {v}", "something",
        Phrasings(("I am {v}.", "I'm {v}.", "Call me {v}.", "You can call me {v}.", "Hi, I'm {v}!",
                   "I am called {v}.", "People call me {v}.", "Hello, my name is {v}.",
                   "My name's {v}.", "This is {v}."),
                  ("Everyone calls me {v}.", "I go by {v}.", "The name is {v}.")),
        Phrasings(("Who am I?", "What am I called?", "How am I called?", "Do you know who I am?",
                   "Do you remember who I am?", "Do you know my name?",
                   "What do people call me?", "Who is this?"),
                  ("Can you say who I am?", "Who are you talking to?")),
    ),
    Slot(
        "my city", "your city", "name", "you live in {v}", "a place",
        Phrasings(("I live in {v}.", "I'm from {v}.", "I moved to {v}.", "My home is in {v}.",
                   "I live in a town called {v}.", "We live in {v}.", "I am from {v}."),
                  ("These days I live in {v}.", "My home town is {v}.")),
        Phrasings(("Where do I live?", "Where am I from?", "Which city do I live in?",
                   "In which city do I live?", "Where is my home?", "Do you know where I live?",
                   "Do you remember where I live?",
                   "What city do I live in?"),
                  ("Can you tell me where I live?", "Which town do I live in?")),
    ),
    Slot(
        "my employer", "your employer", "name", "you work at {v}", "a place",
        Phrasings(("I work at {v}.", "I work for {v}.", "My job is at {v}.", "I'm employed by {v}.",
                   "The company I work for is {v}."), ("I have a job at {v}.",)),
        Phrasings(("Where do I work?", "Which company do I work for?", "Who do I work for?",
                   "Do you remember where I work?", "What company do I work at?"),
                  ("Can you say where I work?",)),
    ),
    Slot(
        "my birthday", "your birthday", "date", "your birthday is {v}", "a day",
        Phrasings(("I was born on {v}.", "My birthday is on {v}.",
                   "I celebrate my birthday on {v}."),
                  ("My birthday falls on {v}.",)),
        Phrasings(("When is my birthday?", "When was I born?", "Do you know when I was born?",
                   "On which day is my birthday?"),
                  ("Which day is my birthday?",)),
    ),
    Slot(
        "my age", "your age", "number", "your age is {v}", "something",
        Phrasings(("I am {v} years old.", "I'm {v} years old.", "I turned {v}."),
                  ("I have been alive for {v} years.",)),
        Phrasings(("How old am I?", "Do you know how old I am?"), ("Can you say how old I am?",)),
    ),
    Slot(
        "the deadline", "the deadline", "date", "the deadline is {v}", "a day",
        Phrasings(("The deadline is on {v}.", "It is due on {v}.", "We must be done by {v}."),
                  ("Everything has to be finished by {v}.",)),
        Phrasings(("When is the deadline?", "When is it due?", "When must we be done?"),
                  ("By when must it be finished?",)),
    ),
    Slot(
        "the port", "the port", "number", "the port is {v}", "something",
        Phrasings(("The server listens on port {v}.", "The server runs on port {v}.",
                   "We use port {v}."), ("Our server is reachable on port {v}.",)),
        Phrasings(("Which port does the server listen on?", "Which port do we use?",
                   "On which port does the server run?", "What port is the server on?"),
                  ("Which port should I connect to?",)),
    ),
    Slot(
        "the meeting", "the meeting", "date", "the meeting is on {v}", "a day",
        Phrasings(("The meeting is on {v}.", "We meet on {v}.", "The meeting takes place on {v}.",
                   "The meeting was moved to {v}."), ("Our meeting starts on {v}.",)),
        Phrasings(("When is the meeting?", "When do we meet?",
                   "Do you remember when the meeting is?",
                   "When does the meeting take place?"),
                  ("What day is the meeting?",)),
    ),
)  # fmt: skip
SPECIAL_KEYS = frozenset(slot.yours for slot in SPECIAL)

PETS = ("dog", "cat", "sister", "brother", "boss", "friend", "daughter", "son", "horse", "parrot",
        "project", "team", "boat", "company", "teacher", "wife", "husband", "mother", "father",
        "neighbour", "robot", "car", "band", "school", "street", "server")  # fmt: skip
NOUNS = (
    ("code word", "word"), ("password", "code"), ("code", "code"), ("key", "code"),
    ("phone number", "phone"), ("number", "number"), ("address", "address"),
    ("email", "address"), ("colour", "word"), ("color", "word"), ("food", "phrase"),
    ("drink", "word"), ("book", "phrase"), ("song", "phrase"), ("film", "phrase"),
    ("movie", "phrase"), ("game", "phrase"), ("animal", "word"), ("city", "name"),
    ("country", "name"), ("project", "name"), ("team", "name"), ("branch", "path"),
    ("version", "amount"), ("budget", "amount"), ("price", "amount"), ("size", "amount"),
    ("limit", "number"), ("port", "number"), ("room", "number"), ("host", "address"),
    ("server", "word"), ("database", "word"), ("folder", "path"), ("file", "path"),
    ("date", "date"), ("time", "date"), ("deadline", "date"), ("birthday", "date"),
    ("appointment", "date"), ("release", "date"), ("ticket", "code"), ("order", "code"),
    ("flight", "code"), ("seat", "code"), ("hotel", "name"), ("street", "name"),
    ("doctor", "name"), ("manager", "name"), ("client", "name"), ("customer", "name"),
    ("contact", "name"), ("language", "word"), ("hobby", "word"), ("sport", "word"),
    ("token", "code"), ("id", "code"), ("username", "word"), ("nickname", "name"),
    ("title", "phrase"), ("topic", "phrase"), ("plan", "phrase"), ("goal", "phrase"),
    ("secret", "phrase"), ("answer", "phrase"), ("result", "amount"), ("score", "number"),
    ("temperature", "amount"), ("status", "word"), ("owner", "name"), ("pet", "name"),
    ("car", "name"), ("job", "phrase"), ("name", "name"), ("model", "word"), ("tool", "word"),
)  # fmt: skip
MODIFIERS = ("favourite", "favorite", "first", "second", "third", "new", "old", "main", "backup",
             "secret", "staging", "production", "test", "home", "work", "next", "last", "team",
             "project", "office", "user", "admin", "local", "remote", "spare", "other",
             "private", "public", "big", "small", "blue", "red", "green", "lucky")  # fmt: skip


def called(rng: Random) -> Slot:
    """Something of the user's that has a name: "my dog is called ..."."""
    what = rng.choice(PETS)
    which = "the" if rng.random() < 0.2 else "my"
    mine, yours = f"{which} {what}", f"{'the' if which == 'the' else 'your'} {what}"
    return Slot(
        f"the name of {mine}", f"the name of {yours}", "name",
        yours + " is called {v}", "something",
        Phrasings((f"{mine} is called {{v}}.", f"{mine} is named {{v}}.", f"I named {mine} {{v}}.",
                   f"{mine}'s name is {{v}}.", f"I have a {what} called {{v}}.",
                   f"I have a {what} named {{v}}.", f"{mine} has the name {{v}}."),
                  (f"We call {mine} {{v}}.", f"{mine} goes by the name of {{v}}.")),
        Phrasings((f"What is {mine} called?", f"What is {mine}'s name?", f"What's {mine}'s name?",
                   f"How is {mine} called?", f"What did I name {mine}?", f"Who is {mine}?",
                   f"Do you know what {mine} is called?", f"What is the name of {mine}?"),
                  (f"What do I call {mine}?", f"Tell me how {mine} is named.")),
    )  # fmt: skip


def generic(rng: Random, near: Slot | None = None) -> Slot:
    """A slot with an open key; with `near`, one that shares part of that slot's key."""
    while True:
        slot = _generic(rng, near)
        if slot.yours not in SPECIAL_KEYS and slot.mine.split(" ", 1)[1] not in PETS:
            return slot


def _generic(rng: Random, near: Slot | None) -> Slot:
    noun, kind = rng.choice(NOUNS)
    if rng.random() < 0.25:
        noun, kind = made_up_word(rng), rng.choice(("word", "name", "number", "code", "phrase"))
    elif rng.random() < 0.25:
        kind = rng.choice(("word", "name", "number", "code", "date", "phrase", "amount"))
    modifier = rng.choice(MODIFIERS) if rng.random() < 0.8 else made_up_word(rng)
    if near is not None:
        *_, last = near.mine.split()
        noun, kind = (last, near.kind) if rng.random() < 0.7 else (noun, kind)
    key = f"{modifier} {noun}" if near is not None or rng.random() < 0.5 else noun
    dice = rng.random()
    if dice < 0.45:
        return keyed(f"my {key}", f"your {key}", kind)
    if dice < 0.55:
        return keyed(f"our {key}", f"your {key}", kind)
    if dice < 0.85:
        return keyed(f"the {key}", f"the {key}", kind)
    owner = made_up_word(rng).capitalize()
    if dice < 0.93:
        return keyed(f"{owner}'s {key}", f"{owner}'s {key}", kind)
    return keyed(f"the {key} of {owner}", f"the {key} of {owner}", kind)


def any_slot(rng: Random) -> Slot:
    """A slot of any sort, open keys most often."""
    dice = rng.random()
    if dice < 0.3:
        return rng.choice(SPECIAL)
    return called(rng) if dice < 0.42 else generic(rng)


def tell(rng: Random, fact: Fact, *, held_out: bool, correcting: bool = False) -> str:
    """A sentence that tells the fact."""
    frames = (CORRECT if correcting else TELL).of(held_out=held_out)
    own = fact.slot.own_tell.of(held_out=held_out)
    if own and not correcting and rng.random() < 0.6:
        return _fill(_headed(rng, rng.choice(own), held_out=held_out), fact.slot, fact.value)
    frame = rng.choice(frames)
    if not held_out:
        if not correcting and rng.random() < 0.45:
            frame = f"{rng.choice(TELL_HEADS)} {{k}} {rng.choice(COPULAS)} {{v}}."
        frame = _blurred(rng, frame)
    return _fill(frame, fact.slot, fact.value)


def _headed(rng: Random, frame: str, *, held_out: bool) -> str:
    """A clause of a slot's own, now and then behind words that announce it."""
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
    return _fill(frame if held_out else _blurred(rng, frame), slot, "")


def _composed_question(rng: Random) -> str:
    head = rng.choice(ASK_HEADS)
    core = rng.choice(("{k}", "what {k} is", "what {k} was", "what is {k}"))
    if head.endswith((":", ",")):
        core = rng.choice(("{k}", "what is {k}", "what is {k}", "what was {k}"))
    elif rng.random() < 0.15:
        head, core = rng.choice(("What is", "What's", "What was", "What about", "And", "")), "{k}"
    tail = rng.choice(ASK_TAILS) if rng.random() < 0.25 else ""
    return f"{head} {core}{tail}{rng.choice('??..')}".strip()


def _blurred(rng: Random, frame: str) -> str:
    """The frame, now and then with words in it that say nothing, or without its first word."""
    words = frame.split(" ")
    if len(words) < 3 or rng.random() > 0.15:
        return frame
    if rng.random() < 0.3 and "{" not in words[0]:
        return " ".join(words[1:])
    for _ in range(rng.choice((1, 1, 2))):
        place = rng.randrange(len(words))
        words.insert(place, made_up_word(rng) if rng.random() < 0.3 else rng.choice(FILLERS))
    return " ".join(words)


def _fill(frame: str, slot: Slot, value: str) -> str:
    text = frame.replace("{k}", slot.mine).replace("{K}", slot.mine)
    if not text.startswith("{v}"):
        text = text[0].upper() + text[1:]
    return text.replace("{v}", value)
