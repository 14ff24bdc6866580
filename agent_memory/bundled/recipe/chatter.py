"""Talk besides facts and tools: greetings, questions about the model, small talk."""

from random import Random

from agent_memory.bundled.recipe.fillers import FILLERS
from agent_memory.bundled.recipe.phrasings import Phrasings
from agent_memory.bundled.recipe.values import COMMON, made_up_word

HELLO = "Hello! Tell me something to remember, or ask me what you have told me."
IDENTITY = (
    "I am the small model bundled with agent_memory. I remember what you tell me and I call tools."
)
ABILITIES = (
    "I can remember what you tell me, answer questions about it and call the tools I am given. "
    "I cannot write, reason or calculate, and I know nothing about the world."
)
THANKS = "You are welcome."
BYE = "Goodbye!"
LISTENING = "I see."
READ = "I have read it."
CANNOT = "I cannot do that. I only remember what you tell me and call tools."
NOTHING_YET = "You have not told me anything yet."

EXCHANGES: tuple[tuple[Phrasings, str], ...] = (
    (Phrasings(("Hello", "Hi", "Hello!", "Hi!", "Hey", "Hey!", "Good morning", "Good evening!",
                "Hi there!", "Hello there.", "hello", "hi", "Good day."),
               ("Good afternoon!", "Hey there!", "Greetings!")), HELLO),
    (Phrasings(("Who are you?", "What are you?", "What is your name?", "Which model are you?",
                "Tell me about yourself.", "Are you a robot?", "Are you ChatGPT?", "Who made you?",
                "Introduce yourself.", "What model is this?", "who are you"),
               ("What kind of model are you?", "Please introduce yourself.", "Who is there?")),
     IDENTITY),
    (Phrasings(("What can you do?", "How can you help me?", "What can you not do?", "Help",
                "What are you good at?", "What can't you do?", "What do you do?", "Help me.",
                "What are your limits?", "How do you work?", "what can you do"),
               ("What are you able to do?", "Tell me what you can do.")), ABILITIES),
    (Phrasings(("Thanks", "Thank you!", "Thanks a lot.", "Thank you.", "Thanks!", "Great, thanks.",
                "Thank you very much."), ("Many thanks!", "Thanks so much!")), THANKS),
    (Phrasings(("Bye", "Goodbye!", "See you.", "Good night.", "Bye bye!", "See you later."),
               ("Bye for now!", "See you tomorrow.")), BYE),
)  # fmt: skip

SMALL_TALK = Phrasings(
    (
        "I went to the {a} today.",
        "I like {a}.",
        "It is a nice day.",
        "I am tired.",
        "The {a} was great.",
        "We talked about {a} and {b}.",
        "I saw a {a} near the {b}.",
        "My {a} is broken again.",
        "I am reading about {a}.",
        "I had {a} for lunch.",
        "Yesterday I met a {a}.",
        "Okay.",
        "Let us go on.",
        "I am thinking.",
        "That was fun.",
        "I need a break.",
        "It rained all day.",
        "The {a} of the {b} looks good.",
        "Well, never mind.",
        "There were {n} {a}s in the {b}.",
        "I bought {n} {a}s.",
    ),
    (
        "Today I walked around the {a} for a while.",
        "Some {a} would be nice.",
        "I am in a good mood.",
        "The {a} next to the {b} is closed.",
    ),
)
TOO_HARD = Phrasings(
    (
        "Write a poem about {a}.",
        "Tell me a joke.",
        "Why is the {a} {b}?",
        "Explain {a} to me.",
        "How do I build a {a}?",
        "What is the capital of {a}?",
        "Who invented the {a}?",
        "Write a function that sorts {a}.",
        "Summarise the history of {a}.",
        "How many {a}s are there?",
        "What do you think about {a}?",
        "Tell me a story.",
        "What does {a} mean?",
        "Write me an essay.",
        "What happened in {n}?",
        "Sing a song about {a}.",
    ),
    (
        "Compose a letter about {a}.",
        "How does a {a} work?",
        "Give me advice about {a}.",
        "What is the meaning of life?",
    ),
)
NEEDS_TOOL = Phrasings(
    (
        "What is {n} + {n}?",
        "What is {n} times {n}?",
        "Translate {a}.",
        "What is the weather in {a}?",
        "Solve this for me: {n} - {n}.",
        "Search the web for {a}.",
        "Read the file {a}.",
        "Play {a}.",
    ),
    ("What is {n} minus {n}?", "How is the weather in {a}?"),
)
READINGS = ("Here is a text:", "Read this:", "Look at this log:", "Some notes:", "Context:",
            "This is what I wrote:", "Here is the document:")  # fmt: skip
SYSTEM_PROMPTS = (
    "You are a helpful assistant.",
    "You are a concise assistant.",
    "You remember what you are told.",
    "You are a friendly assistant with a memory.",
    "You are an agent. Use the tools when they help.",
    "Be brief.",
    "Answer in one sentence.",
    "You are a coding agent.",
    "You are an assistant.",
    "You are a careful agent who keeps facts and calls tools.",
    "You help the user.",
)


def exchange(rng: Random, has_tools: bool, *, held_out: bool) -> tuple[str, str]:
    """A remark that is neither a fact nor a request for one of the tools, and its answer."""
    dice = rng.random()
    if dice < 0.5:
        phrasings, answer = rng.choice(EXCHANGES)
        return rng.choice(phrasings.of(held_out=held_out)), answer
    phrasings, answer = (SMALL_TALK, LISTENING) if dice < 0.75 else (TOO_HARD, CANNOT)
    if dice > 0.9 and not has_tools:
        phrasings = NEEDS_TOOL
    return _fill(rng, rng.choice(phrasings.of(held_out=held_out))), answer


def reading(rng: Random, num_words: int) -> tuple[str, str]:
    """A long text of no consequence, and its answer."""
    return f"{rng.choice(READINGS)}\n{prose(rng, num_words)}", READ


def system_prompt(rng: Random) -> str:
    """What an operator might write; now and then at some length."""
    text = " ".join(rng.sample(SYSTEM_PROMPTS, rng.choice((1, 1, 1, 2, 3))))
    return text if rng.random() < 0.85 else f"{text} {prose(rng, rng.randint(5, 30))}"


def prose(rng: Random, num_words: int) -> str:
    """Sentences without meaning."""
    sentences = []
    while num_words > 0:
        length = min(rng.randint(4, 10), num_words)
        words = [_prose_word(rng) for _ in range(length)]
        sentences.append(" ".join(words).capitalize() + ".")
        num_words -= length
    return " ".join(sentences)


def _prose_word(rng: Random) -> str:
    dice = rng.random()
    if dice < 0.6:
        return rng.choice(FILLERS)
    return rng.choice(COMMON).lower() if dice < 0.85 else made_up_word(rng)


def _fill(rng: Random, frame: str) -> str:
    for mark in ("{a}", "{b}"):
        frame = frame.replace(mark, made_up_word(rng) if rng.random() < 0.4 else rng.choice(COMMON))
    while "{n}" in frame:
        frame = frame.replace("{n}", str(rng.randrange(1, 3000)), 1)
    return frame
