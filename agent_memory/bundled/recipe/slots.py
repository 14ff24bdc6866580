"""Slots, which are facts that can be told: the words that tell, ask for, state and miss each."""

from dataclasses import dataclass
from random import Random

from agent_memory.bundled.recipe.phrasings import Phrasings
from agent_memory.bundled.recipe.values import made_up_word

UNKNOWN = ("something", "a place", "a day")
NO_PHRASINGS = Phrasings((), ())


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


def keyed(mine: str, yours: str, kind: str) -> Slot:
    """A slot that is told as "<key> is <value>" and nothing more special."""
    return Slot(mine, yours, kind, yours + " is {v}", "something")


SPECIAL = (
    Slot(
        "my name", "your name", "name", "your name is {v}", "something",
        Phrasings(("I am {v}.", "I'm {v}.", "Call me {v}.", "You can call me {v}.", "Hi, I'm {v}!",
                   "I am called {v}.", "People call me {v}.", "Hello, my name is {v}.",
                   "My name's {v}.", "This is {v}.", "They call me {v}.",
                   "I answer to {v}.", "My friends call me {v}.", "I was named {v}.",
                   "{v} is what they call me.", "You are talking to {v}.", "It is me, {v}.",
                   "{v} here.", "Just call me {v}.", "I sign as {v}.", "Address me as {v}."),
                  ("Everyone calls me {v}.", "I go by {v}.", "The name is {v}.")),
        Phrasings(("Who am I?", "What am I called?", "How am I called?", "Do you know who I am?",
                   "Do you remember who I am?", "Do you know my name?",
                   "What do people call me?", "Who is this?",
                   "Under which name do you know me?", "How do I sign?",
                   "How should you address me?", "By what name do I go?",
                   "How do my friends call me?", "Say who I am.", "Who am I again?",
                   "Tell me how I am called.", "Please say what I am called."),
                  ("Can you say who I am?", "Who are you talking to?")),
    ),
    Slot(
        "my city", "your city", "name", "you live in {v}", "a place",
        Phrasings(("I live in {v}.", "I'm from {v}.", "I moved to {v}.", "My home is in {v}.",
                   "I live in a town called {v}.", "We live in {v}.", "I am from {v}.",
                   "I settled in {v}.", "You find me in {v}.", "I grew up and live in {v}.",
                   "My house stands in {v}.", "My place is in {v}.",
                   "Since last year I live in {v}.", "I have moved to {v}.",
                   "{v} is where I live.", "I am at home in {v}.", "I reside in {v}."),
                  ("These days I live in {v}.", "My home town is {v}.")),
        Phrasings(("Where do I live?", "Where am I from?", "Which city do I live in?",
                   "In which city do I live?", "Where is my home?", "Do you know where I live?",
                   "Do you remember where I live?",
                   "What city do I live in?",
                   "Where am I at home?", "In what place do I live?",
                   "Where is it that I live?", "What is my home city?",
                   "Say where I live.", "Tell me where I live.", "Where do I come from?",
                   "Where would you find me?", "In which place is my house?"),
                  ("Can you tell me where I live?", "Which town do I live in?")),
    ),
    Slot(
        "my employer", "your employer", "name", "you work at {v}", "a place",
        Phrasings(("I work at {v}.", "I work for {v}.", "My job is at {v}.", "I'm employed by {v}.",
                   "The company I work for is {v}.",
                   "{v} is where I work.", "My employer is called {v}.",
                   "I started to work at {v}.", "I am with {v}.", "{v} pays me.",
                   "I joined {v}.", "I earn my money at {v}.", "My office is at {v}.",
                   "I spend my days working for {v}.", "I am working at {v} now."),
                  ("I have a job at {v}.",)),
        Phrasings(("Where do I work?", "Which company do I work for?", "Who do I work for?",
                   "Do you remember where I work?", "What company do I work at?",
                   "Who employs me?", "Where is my job?", "Who pays me?",
                   "Tell me where I work.", "Which employer do I have?",
                   "Say who I work for.", "At which company is my job?"),
                  ("Can you say where I work?",)),
    ),
    Slot(
        "my birthday", "your birthday", "date", "your birthday is {v}", "a day",
        Phrasings(("I was born on {v}.", "My birthday is on {v}.",
                   "I celebrate my birthday on {v}.",
                   "{v} is the day I was born.", "I have my birthday on {v}.",
                   "My date of birth is {v}.", "I came into the world on {v}.",
                   "We celebrate my birthday on {v}.", "{v} is my special day."),
                  ("My birthday falls on {v}.",)),
        Phrasings(("When is my birthday?", "When was I born?", "Do you know when I was born?",
                   "On which day is my birthday?",
                   "What is my date of birth?", "When do I celebrate?",
                   "Tell me when I was born.", "Since when do I live?",
                   "When do we celebrate my birthday?", "On what date was I born?"),
                  ("Which day is my birthday?",)),
    ),
    Slot(
        "my age", "your age", "number", "your age is {v}", "something",
        Phrasings(("I am {v} years old.", "I'm {v} years old.", "I turned {v}.",
                   "I have turned {v}.", "My age, by the way, is {v}.",
                   "I just became {v} years old.", "I have lived {v} years.",
                   "I reached the age of {v}.", "Next to my name put {v} years."),
                  ("I have been alive for {v} years.",)),
        Phrasings(("How old am I?", "Do you know how old I am?",
                   "What age am I?", "How many years am I old?",
                   "Tell me how old I am.", "How many years have I lived?"),
                  ("Can you say how old I am?",)),
    ),
    Slot(
        "the deadline", "the deadline", "date", "the deadline is {v}", "a day",
        Phrasings(("The deadline is on {v}.", "It is due on {v}.", "We must be done by {v}.",
                   "It has to be ready by {v}.", "We have time until {v}.",
                   "The last day is {v}.", "Hand it in by {v}.",
                   "{v} is when it is due.", "Our time ends on {v}."),
                  ("Everything has to be finished by {v}.",)),
        Phrasings(("When is the deadline?", "When is it due?", "When must we be done?",
                   "Until when do we have time?", "What is the last day?",
                   "When must it be ready?", "When does our time end?",
                   "Tell me when it is due."),
                  ("By when must it be finished?",)),
    ),
    Slot(
        "the port", "the port", "number", "the port is {v}", "something",
        Phrasings(("The server listens on port {v}.", "The server runs on port {v}.",
                   "We use port {v}.", "You reach the server on port {v}.",
                   "It answers on port {v}.", "Port {v} is the one.",
                   "The server is bound to {v}.", "We serve on port {v}.",
                   "Connect to port {v}.", "The service sits on port {v}."),
                  ("Our server is reachable on port {v}.",)),
        Phrasings(("Which port does the server listen on?", "Which port do we use?",
                   "On which port does the server run?", "What port is the server on?",
                   "Where does the server listen?", "What port do we serve on?",
                   "To which port do we connect?", "On what port does it answer?",
                   "Tell me which port we use."),
                  ("Which port should I connect to?",)),
    ),
    Slot(
        "the meeting", "the meeting", "date", "the meeting is on {v}", "a day",
        Phrasings(("The meeting is on {v}.", "We meet on {v}.", "The meeting takes place on {v}.",
                   "The meeting was moved to {v}.", "We come together on {v}.",
                   "The meeting will be on {v}.", "Everybody meets on {v}.",
                   "{v} is when we meet.", "They put the meeting on {v}.",
                   "See you at the meeting on {v}.", "Be at the meeting on {v}."),
                  ("Our meeting starts on {v}.",)),
        Phrasings(("When is the meeting?", "When do we meet?",
                   "Do you remember when the meeting is?",
                   "When does the meeting take place?",
                   "On which day do we meet?", "When do we come together?",
                   "What is the date of the meeting?", "When will the meeting be?",
                   "Tell me when we meet."),
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
                   f"I have a {what} named {{v}}.", f"{mine} has the name {{v}}.",
                   f"{{v}} is {mine}.", f"{{v}} is the name of {mine}.", f"I have {{v}}, {mine}.",
                   f"They gave {mine} the name {{v}}.", f"{mine} answers to {{v}}.",
                   f"{mine}, {{v}}, says hello.", f"{mine} has been named {{v}}.",
                   f"{mine} is known as {{v}}.", f"We gave {mine} the name {{v}}.",
                   f"{mine} got the name {{v}}.", f"Everybody knows {mine} as {{v}}."),
                  (f"We call {mine} {{v}}.", f"{mine} goes by the name of {{v}}.")),
        Phrasings((f"What is {mine} called?", f"What is {mine}'s name?", f"What's {mine}'s name?",
                   f"How is {mine} called?", f"What did I name {mine}?", f"Who is {mine}?",
                   f"Do you know what {mine} is called?", f"What is the name of {mine}?",
                   f"What name has {mine}?", f"Say how {mine} is called.",
                   f"Which name did I give to {mine}?", f"How did I name {mine}?",
                   f"By which name is {mine} known?", f"Tell me what {mine} is called.",
                   f"What do they call {mine}?", f"Can you name {mine}?"),
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
