"""Made-up tools and the many ways to ask for one: what is called must follow from the words."""

from dataclasses import dataclass
from random import Random

from agent_memory.bundled.recipe.catalogue import HELD_OUT, Parameter, Tool
from agent_memory.bundled.recipe.fillers import FILLERS
from agent_memory.bundled.recipe.phrasings import Phrasings
from agent_memory.bundled.recipe.slots import NOUNS
from agent_memory.bundled.recipe.values import made_up_word

SYNONYMS = {
    "get": ("fetch", "give me", "show me", "read out", "obtain"),
    "find": ("look for", "search for", "locate"),
    "create": ("make", "add", "set up"),
    "delete": ("remove", "erase", "drop", "throw away"),
    "update": ("change", "refresh", "bring up to date"),
    "start": ("begin", "launch", "boot"),
    "stop": ("halt", "end", "shut down"),
    "check": ("inspect", "look at", "verify"),
    "send": ("post", "mail"),
    "count": ("number", "add up"),
    "close": ("shut",),
    "open": (),
    "lookup": ("look up",),
}
VERBS = (
    *SYNONYMS, *SYNONYMS, "archive", "approve", "assign", "block", "book", "build", "buy", "charge",
    "clear", "clone", "compare", "compress", "confirm", "copy", "deploy", "disable", "download",
    "edit", "enable", "export", "filter", "fix", "flag", "format", "generate", "import", "install",
    "invite", "join", "label", "link", "list", "load", "lock", "merge", "monitor", "move", "notify",
    "order", "pause", "pay", "pin", "plan", "play", "print", "publish", "pull", "push", "queue",
    "rate", "record", "refund", "register", "release", "render", "repair", "replace", "report",
    "reset", "resize", "resolve", "restore", "resume", "review", "run", "save", "scan", "schedule",
    "share", "sign", "skip", "sort", "split", "submit", "switch", "sync", "test", "transfer",
    "trim", "unlock", "upload", "validate", "view", "write", "zip", "turn_on", "turn_off", "log_in",
)  # fmt: skip
THINGS = (
    "account", "invoice", "customer", "report", "ticket", "document", "image", "record", "session",
    "job", "note", "task", "order", "product", "recipe", "route", "player", "match", "sensor",
    "device", "pipeline", "deployment", "container", "bucket", "project", "article", "photo",
    "video", "contact", "contract", "shipment", "backup", "log", "alarm", "door", "engine",
    "profile", "group", "table", "payment", "album", "balance", "camera", "cart", "chart", "clip",
    "comment", "course", "disk", "driver", "event", "folder", "form", "gate", "heater", "host",
    "index", "issue", "item", "key", "lamp", "letter", "license", "list", "loan", "machine", "map",
    "member", "menu", "message", "meter", "model", "movie", "network", "node", "offer", "packet",
    "page", "patient", "plan", "policy", "printer", "queue", "receipt", "region", "request",
    "robot", "room", "rule", "score", "script", "server", "shop", "song", "stream", "team", "test",
    "theme", "thread", "token", "tool", "topic", "track", "train", "trip", "user", "vehicle",
    "version", "visit", "volume", "wallet", "window", "worker",
)  # fmt: skip
_HELD_OUT_WORDS = frozenset(word for tool in HELD_OUT for word in tool.name.split("_"))
KEYS = tuple(noun for noun, _ in NOUNS if noun not in _HELD_OUT_WORDS)
"""Facts are about these, too: "Sign the password X" asks for a call, "What is the password?" for a
fact. What held-out tools are about is left out."""
PARAMETERS = (
    ("id", "code"), ("name", "name"), ("key", "code"), ("query", "phrase"), ("label", "word"),
    ("target", "word"), ("title", "phrase"), ("path", "path"), ("number", "number"),
    ("date", "date"), ("value", "amount"), ("city", "name"), ("user", "name"), ("email", "address"),
    ("host", "address"), ("url", "address"), ("port", "number"), ("count", "number"),
    ("amount", "number"), ("text", "phrase"), ("topic", "phrase"), ("code", "code"),
    ("time", "date"), ("folder", "path"), ("file", "path"), ("size", "amount"), ("owner", "name"),
    ("group", "word"), ("status", "word"), ("room", "word"), ("version", "amount"),
    ("language", "word"), ("token", "code"), ("color", "word"), ("start", "date"), ("end", "date"),
    ("first_name", "name"), ("order_id", "code"), ("user_id", "code"), ("max_price", "number"),
)  # fmt: skip
PAIRS = (
    ("from", "to"), ("source", "target"), ("before", "after"), ("origin", "goal"), ("src", "dst"),
    ("first", "second"), ("was", "becomes"), ("left", "right"), ("base", "head"),
)  # fmt: skip
STARTS = (
    "{V}", "{V}", "{V}", "{V}", "Please {v}", "Please {v}", "Can you {v}", "Could you {v}",
    "I want to {v}", "I need to {v}", "I want you to {v}", "I need you to {v}", "Would you {v}",
    "We need to {v}", "Now {v}", "Let us {v}", "You should {v}", "Will you {v}", "I'd like to {v}",
    "Help me {v}", "I have to {v}", "Try to {v}", "Next, {v}", "Then {v}", "Quickly {v}",
    "May I ask you to {v}", "Kindly {v}", "We have to {v}", "You can {v}", "I am asking you to {v}",
    "First {v}", "Just {v}", "You may {v}", "Could you please {v}", "Can we {v}", "You must {v}",
    "It would be good to {v}", "Use the tool to {v}", "Time to {v}", "My wish is to {v}",
    "Let me {v}", "Are you able to {v}", "Do {v}", "Do not wait, {v}", "Once more, {v}",
    "I think you should {v}", "Somebody has to {v}", "What I want is to {v}",
)  # fmt: skip
HELD_OUT_STARTS = ("I would like you to {v}", "Go ahead and {v}", "It is time to {v}")
ARTICLES = ("the", "the", "the", "the", "a", "my", "this", "that", "our", "one")
ONE = (
    "{a}", "{a}", "{a}", "with {p} {a}", "with {p} {a}", "with the {p} {a}", "whose {p} is {a}",
    "by {p} {a}", "of {p} {a}", "for {p} {a}", "named {a}", "called {a}", "for {a}", "in {a}",
    "of {a}", "on {a}", "at {a}", "having {p} {a}", "where {p} is {a}", "where the {p} is {a}",
    "{p} {a}", '"{a}"', "'{a}'", "with {p} = {a}", "and use {a}", "to {a}", "as {a}", "from {a}",
    "using the {p} {a}", "where {p} = {a}", "with {a}", "by the {p} {a}",
)  # fmt: skip
HELD_OUT_ONE = ("{a}", "with {p} {a}", "that has the {p} {a}")
TWO = (
    "{a} with {q} {b}", "with {p} {a} and {q} {b}", "with {q} {b} and {p} {a}", "{a} to {b}",
    "{a} as {b}", "{a} for {b}", "{a} on {b}", "from {a} to {b}", "{a} and {b}", "{p} {a}, {q} {b}",
    "with {p} {a} and with {q} {b}", "{a}, {q} {b}", "whose {p} is {a} with {q} {b}", "{a} by {b}",
    "where {p} is {a} and {q} is {b}", "{a} in {b}", "of {a} at {b}", "{a} into {b}",
    '"{a}" with {q} "{b}"', "using {p} {a} and {q} {b}", "with {q} {b} for {p} {a}",
    "{a} using {b}", "with the {p} {a} and the {q} {b}", "and set {p} to {a} and {q} to {b}",
    "{a} from {b}",
)  # fmt: skip
NAMED_TWO = tuple(frame for frame in TWO if "{q}" in frame)
HELD_OUT_TWO = (
    "{a} with {q} {b}", "with {p} {a} and {q} {b}", "that has the {p} {a} and the {q} {b}",
)  # fmt: skip
DESCRIPTIONS = (
    "{V} a {t}.", "{V} the {t}.", "{V} the {t} by {p}", "{V} a {t} and return it.",
    "{V} one {t} of the user.", "Use this to {v} a {t}.", "Tool to {v} the {t}", "{V} {t}s",
    "{V} a {t} with the given {p}.", "This will {v} the {t}.", "{V} any {t} by its {p}.", "{V} {t}",
)  # fmt: skip
PRONOUNS = ("it", "this", "the following", "this one", "that", "one")
LIKE_A_FACT = "{a} is the {t}."
OF_A_THING = (
    "Where is the {t} {a}?", "What about the {t} {a}?", "{t} {a}?", "What is the {t} of {a}?",
    "How is the {t} {a} doing?", "{t}: {a}", "I need the {t} {a}.", "The {t} {a}, please.",
    "Do the {t} {a}.", "The {t} of {a}, please.", "I would like the {t} for {a}.",
    "It is about the {t} {a}.", "Which {t} has {a}?", "Now the {t} {a}.",
    "Could you see to the {t} {a}?", "The {t} is {a}, please take care of it.",
    "Tell me the {t} for {a}.", "Is there a {t} for {a}?", "What {t} does {a} have?",
    LIKE_A_FACT,
)  # fmt: skip
TWO_SENTENCES = (
    "There is a {t}. {R}", "We have a {t}. {R}", "{R} Thank you.", "{R} I need it soon.",
    "{R} It is for the {t}.", "It is about the {t}. {R}", "{R} Tell me what comes out.",
    "I have a {t} here. {R}", "{R} That is all.", "{R} Can you do that?",
    "Something is wrong with the {t}. {R}", "{R} Then tell me.", "I am not sure. {R}",
)  # fmt: skip
DETAILS = (
    "What is the {u} of {a}?", "What is the {u} of the {t} {a}?", "What {u} does {a} have?",
    "Tell me the {u} of {a}.", "{a}: which {u}?", "The {u} of {a}, please.", "{u} of {a}?",
    "I need the {u} for {a}.", "Which {u} has the {t} {a}?", "Do you know the {u} of {a}?",
    "Give me the {u} of the {t} {a}.", "Is there a {u} for {a}?", "How about the {u} of {a}?",
    "I wonder what {u} {a} has.",
)  # fmt: skip
DETAIL_DESCRIPTIONS = (
    "Get the {u} of a {t}.", "The {u} of the {t}", "Return the {u} of any {t}.",
    "Look up {u}s of {t}s.", "Give the {u} for one {t}.", "Tells the {u} of a {t}.",
)  # fmt: skip
OF_A_PAIR = (
    "{a} to {b}", "{a} to {b}", "from {a} to {b}", "{a} into {b}", "{p} {a} to {q} {b}", "{a}, {b}",
    "{p} {a} and {q} {b}", "{a} towards {b}", "{p} {a} {q} {b}", "{a} so that it is {b}",
)  # fmt: skip
AGAIN = (
    "{R} Please {v} it.", "{R} I want you to {v} it.", "{R} {V} that one.", "{R} {V} it.",
    "{R} Just {v} it.", "{R} Do {v} the {t}.", "{R} I need the {t}.", "{R} Show me the {t}.",
    "{R} It is the {t} that I want.", "{R} Just the {t}.", "{R} {V} the {t} for me.",
)  # fmt: skip
QUESTIONS = ("Can", "Could", "Would", "Will", "Are", "May")


@dataclass(frozen=True, slots=True)
class Deed:
    """What a made-up tool does: a verb, as the user may say it, and a thing."""

    verb: str
    thing: str
    sayings: tuple[str, ...]


def made_up_tool(rng: Random, *, held_out: bool) -> Tool:
    """A tool about some thing, real or made up, with up to three parameters."""
    deed = _deed(rng, held_out=held_out)
    parameters = _parameters(rng, deed.thing, held_out=held_out)
    texts = tuple(
        _request(rng, deed, parameters, held_out=held_out) for _ in range(4 if held_out else 8)
    )
    brief = () if held_out else _brief(rng, deed, parameters)
    name, description = _name(rng, deed), _description(rng, deed, parameters)
    if len(parameters) == 1 and not held_out and rng.random() < 0.12:
        description, asked = _about_a_detail(rng, deed.thing, parameters[0].mark)
        brief += asked
    return Tool(name, description, parameters, Phrasings(texts, texts), brief)


def _deed(rng: Random, *, held_out: bool) -> Deed:
    dice = rng.random()
    if dice < (0.12 if held_out else 0.25):
        verb = made_up_word(rng)
    elif dice < 0.4 and not held_out:
        verb = rng.choice(FILLERS)
    else:
        verb = rng.choice(VERBS)
    thing = made_up_word(rng) if held_out or rng.random() < 0.4 else _everyday_thing(rng)
    if rng.random() < 0.12:
        thing = f"{rng.choice(THINGS)} {thing}"
    said = verb.replace("_", " ") if verb != "lookup" else "look up"
    if held_out or rng.random() < 0.6:
        return Deed(verb, thing, (said,))
    return Deed(verb, thing, (said, *SYNONYMS.get(verb, ())))


def _everyday_thing(rng: Random) -> str:
    return rng.choice(KEYS if rng.random() < 0.25 else THINGS)


def _name(rng: Random, deed: Deed) -> str:
    thing, dice = deed.thing.replace(" ", "_"), rng.random()
    words = [*deed.verb.split("_"), *thing.split("_")]
    if dice < 0.68:
        return "_".join(words)
    if dice < 0.83:
        return words[0] + "".join(word.capitalize() for word in words[1:])
    if dice < 0.9:
        return f"{thing}_{deed.verb}"
    return "-".join(words) if dice < 0.94 else f"{made_up_word(rng)}_{'_'.join(words)}"


def _description(rng: Random, deed: Deed, parameters: tuple[Parameter, ...]) -> str:
    text = rng.choice(DESCRIPTIONS)
    if not parameters:
        text = text.replace(" by {p}", "").replace(" by its {p}", "")
        text = text.replace(" with the given {p}", "")
    else:
        text = text.replace("{p}", _spoken(parameters[0].name))
    return _with_verb(text.replace("{t}", deed.thing), deed.sayings[0])


def _about_a_detail(rng: Random, thing: str, mark: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """A description that alone says what the tool finds out, and requests for that."""
    detail = rng.choice(KEYS) if rng.random() < 0.5 else made_up_word(rng)
    description = _filled(rng.choice(DETAIL_DESCRIPTIONS), thing, mark, detail)
    asked = [_filled(frame, thing, mark, detail) for frame in rng.sample(DETAILS, 4)]
    return description, tuple((detail, text) for text in asked)


def _parameters(rng: Random, thing: str, *, held_out: bool) -> tuple[Parameter, ...]:
    (size,) = rng.choices((0, 1, 2, 3), (12, 58, 27, 3))
    if size in (1, 2) and not held_out and rng.random() < 0.18:
        return _parameters_of_its_own(rng, thing, size)
    parameters = []
    for name, kind in rng.sample(PARAMETERS, size):
        named, dice = name, rng.random()
        if dice < 0.08:
            named = made_up_word(rng)
        elif dice < 0.16 and not held_out:
            named = rng.choice(FILLERS)
        described = rng.choice((f"The {_spoken(named)} of the {thing}", _spoken(named),
                                f"{_spoken(named).capitalize()} to use"))  # fmt: skip
        is_number = kind == "number" and rng.random() < 0.75
        parameters.append(Parameter(named, "integer" if is_number else "string", described, kind))
    return tuple(parameters)


def _parameters_of_its_own(rng: Random, thing: str, size: int) -> tuple[Parameter, ...]:
    """One that is called like the thing itself, or what the thing was and what it becomes."""
    kind = rng.choice(("name", "word", "path", "code", "phrase"))
    if size == 1:
        named = thing.replace(" ", "_")
        described = rng.choice((f"The {thing}", f"Name of the {thing}", f"Which {thing}"))
        return (Parameter(named, "string", described, kind),)
    return tuple(
        Parameter(name, "string", f"{name.capitalize()} {rng.choice(('name', thing))}", kind)
        for name in rng.choice(PAIRS)
    )


def _request(rng: Random, deed: Deed, parameters: tuple[Parameter, ...], *, held_out: bool) -> str:
    start = rng.choice(HELD_OUT_STARTS if held_out else STARTS)
    article = "the" if held_out else rng.choice(ARTICLES)
    begun = _with_verb(start, rng.choice(deed.sayings))
    thing = deed.thing if rng.random() > 0.06 or held_out else f"{deed.thing}s"
    text = f"{begun} {article} {thing}"
    if parameters:
        said = _said(rng, parameters, held_out=held_out)
        if not held_out and rng.random() < 0.06:
            return f"{said[0].upper()}{said[1:]}: {begun[0].lower()}{begun[1:]} {article} {thing}."
        text = f"{text} {said}" if held_out or rng.random() > 0.06 else f"{text}: {said}"
    text += "?" if start.startswith(QUESTIONS) else "."
    if not held_out and rng.random() < 0.08:
        frame = rng.choice(TWO_SENTENCES + AGAIN)
        frame = _with_verb(frame, deed.sayings[0]).replace("{t}", deed.thing)
        return frame.replace("{R}", text)
    return text


def _brief(
    rng: Random, deed: Deed, parameters: tuple[Parameter, ...]
) -> tuple[tuple[str, str], ...]:
    """Requests that say only what to do, or only what with."""
    if not parameters:
        return ()
    said = _said(rng, parameters, held_out=False)
    begun = _with_verb(rng.choice(STARTS[:22]), deed.sayings[0])
    given = parameters[0].mark
    doing = [f"{begun} {said}.", f"{begun} {rng.choice(PRONOUNS)}: {said}."]
    if len(parameters) == 1:
        begun_again = _with_verb(rng.choice(STARTS[:22]), deed.sayings[0])
        doing += [f"{begun} {given}.", f"{begun_again} {given}."]
    being = [
        _filled(frame, deed.thing, given)
        for frame in OF_A_THING
        if frame != LIKE_A_FACT or deed.thing not in KEYS
    ]
    chosen = rng.sample(being, 2) if len(parameters) == 1 else []
    return (
        *((deed.sayings[0], text) for text in doing),
        *((deed.thing, text) for text in chosen),
    )


def _said(rng: Random, parameters: tuple[Parameter, ...], *, held_out: bool) -> str:
    """The parameters as the user mentions them, with marks for the values."""
    if len(parameters) == 1:
        frame = rng.choice(HELD_OUT_ONE if held_out else ONE)
    else:
        is_pair = (parameters[0].name, parameters[1].name) in PAIRS
        frames = OF_A_PAIR if is_pair else NAMED_TWO if rng.random() < 0.5 else TWO
        frame = rng.choice(HELD_OUT_TWO if held_out else frames)
    for mark, name, parameter in zip(("{a}", "{b}"), ("{p}", "{q}"), parameters, strict=False):
        frame = frame.replace(name, _spoken(parameter.name)).replace(mark, parameter.mark)
    for parameter in parameters[2:]:
        frame += f" and {_spoken(parameter.name)} {parameter.mark}"
    return frame


def _filled(frame: str, thing: str, mark: str, detail: str = "") -> str:
    """The sentence about a thing, or a detail of it, with the mark of the value."""
    text = frame.replace("{t}", thing).replace("{u}", detail).replace("{a}", mark)
    return text[0].upper() + text[1:]


def _spoken(name: str) -> str:
    return name.replace("_", " ")


def _with_verb(text: str, verb: str) -> str:
    return text.replace("{v}", verb).replace("{V}", verb[0].upper() + verb[1:])
