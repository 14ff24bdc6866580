"""Made-up values for facts and arguments: what cannot be memorised has to be copied."""

from collections.abc import Callable
from pathlib import Path
from random import Random
from zlib import crc32

WHOLE_WORDS = Path(__file__).with_name("whole_words.txt")
"""Words that are one token each, a space before them written as `\u0120`."""
TAKEN = frozenset(word.strip("\u0120").lower() for word in WHOLE_WORDS.read_text().split())
CONSONANTS = "bcdfghjklmnprstvwxyz"
VOWELS = "aeiou"
ONSETS = ("b", "br", "bl", "c", "ch", "cl", "cr", "d", "dr", "f", "fl", "fr", "g", "gl", "gr", "h",
          "j", "k", "kn", "l", "m", "n", "p", "ph", "pl", "pr", "qu", "r", "s", "sh", "sk", "sl",
          "sp", "st", "str", "t", "th", "tr", "v", "w", "wh", "y", "z", "")  # fmt: skip
NUCLEI = ("a", "e", "i", "o", "u", "ai", "ea", "ee", "ie", "oa", "oo", "ou", "y")
CODAS = ("", "", "", "b", "ck", "d", "f", "g", "l", "ld", "ll", "m", "n", "nd", "ng", "nt", "p",
         "r", "rd", "rn", "rt", "s", "ss", "st", "t", "th", "x", "ce", "se", "le")  # fmt: skip
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
          "October", "November", "December")  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
COMMON = (
    "apple", "amber", "anchor", "arrow", "autumn", "badger", "bamboo", "banana", "basket", "beacon",
    "blue", "bread", "breeze", "bridge", "bronze", "butter", "candle", "canyon", "castle", "cedar",
    "cherry", "chess", "cloud", "cobalt", "coffee", "comet", "copper", "coral", "cotton", "crystal",
    "dagger", "daisy", "desert", "diamond", "dragon", "eagle", "ember", "falcon", "feather", "fern",
    "fire", "forest", "fox", "garden", "ginger", "gold", "granite", "grape", "green", "guitar",
    "harbor", "hazel", "heron", "honey", "island", "ivory", "jade", "jasmine", "jazz", "juniper",
    "lantern", "lemon", "lily", "lion", "maple", "marble", "meadow", "mint", "moon", "moss",
    "mountain", "nectar", "oak", "ocean", "olive", "opal", "orange", "orchid", "otter", "panda",
    "paper", "pasta", "pearl", "pepper", "piano", "pine", "pizza", "planet", "purple", "quartz",
    "rabbit", "rain", "raven", "red", "river", "robin", "rocket", "rose", "ruby", "saffron",
    "salmon", "sand", "scarlet", "shadow", "silver", "snow", "sparrow", "spruce", "star", "stone",
    "storm", "summer", "sunset", "swan", "teal", "tennis", "thunder", "tiger", "topaz", "tulip",
    "turtle", "velvet", "violet", "walnut", "water", "whale", "willow", "winter", "wolf", "yellow",
    "London", "Paris", "Berlin", "Oslo", "Tokyo", "Madrid", "Rome", "Lisbon", "Vienna", "Prague",
    "Dublin", "Boston", "Chicago", "Lagos", "Cairo", "Delhi", "Sydney", "Toronto", "Zurich",
    "Helsinki", "Ada", "Alice", "Bob", "Carol", "David", "Emma", "Frank", "Grace", "Henry", "Ivan",
    "Julia", "Kevin", "Laura", "Maria", "Nina", "Oscar", "Peter", "Rosa", "Sam", "Tom", "Victor",
    "Wendy", "Max", "Luna", "Rex", "Bella",
)  # fmt: skip


def seeded(*parts: object) -> Random:
    """A source of randomness that depends on these parts alone."""
    return Random(" ".join(map(str, parts)))  # noqa: S311  nothing secret is drawn


def is_reserved(value: str) -> bool:
    """Whether this value is kept for evaluation: one in ten, by its checksum."""
    return crc32(value.encode()) % 10 == 0


def made_up_word(rng: Random) -> str:
    """A pronounceable word in lower case that no dictionary holds, the tokenizer's included."""
    while (text := _syllables(rng)) in TAKEN:
        pass
    return text


def _syllables(rng: Random) -> str:
    if rng.random() < 0.6:
        syllables = rng.choice((2, 2, 2, 3, 3, 4))
        return "".join(
            rng.choice(CONSONANTS)
            + rng.choice(VOWELS)
            + (rng.choice("lnrstmk") if rng.random() < 0.25 else "")
            for _ in range(syllables)
        )
    return "".join(
        rng.choice(ONSETS) + rng.choice(NUCLEI) + rng.choice(CODAS)
        for _ in range(rng.choice((1, 2, 2, 2, 3)))
    )


def word(rng: Random) -> str:
    """One word, made up or common, in any case."""
    text = made_up_word(rng) if rng.random() < 0.8 else rng.choice(COMMON)
    dice = rng.random()
    if dice < 0.45:
        return text[0].upper() + text[1:]
    return text.upper() if dice < 0.5 else text


def name(rng: Random) -> str:
    """A proper name of one or two words."""
    first = word(rng)
    first = first[0].upper() + first[1:]
    return f"{first} {made_up_word(rng).capitalize()}" if rng.random() < 0.2 else first


def phrase(rng: Random) -> str:
    """One to three words."""
    return " ".join(word(rng) for _ in range(rng.choice((1, 1, 2, 2, 3))))


def number(rng: Random) -> str:
    """A whole number of one to six digits."""
    return str(rng.randrange(10 ** rng.choice((1, 2, 3, 4, 4, 5, 6))))


def amount(rng: Random) -> str:
    """A number with a unit, a fraction or a currency."""
    whole = rng.randrange(1, 5000)
    return rng.choice(
        (
            f"${whole}",
            f"{whole} euros",
            f"{whole}.{rng.randrange(10)}",
            f"{whole} km",
            f"{whole} GB",
            f"{whole % 100}%",
            f"{whole // 100}.{whole % 10}.{rng.randrange(20)}",
        )
    )


def code(rng: Random) -> str:
    """Letters and digits in no order, as keys and ticket numbers have them."""
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    groups = [
        "".join(rng.choice(letters + "0123456789") for _ in range(rng.randint(2, 4)))
        for _ in range(rng.choice((1, 2, 2, 3)))
    ]
    text = "-".join(groups)
    return text.lower() if rng.random() < 0.3 else text


def date(rng: Random) -> str:
    """A day, a date or a time of day, written in one of several ways."""
    month, day, year = rng.choice(MONTHS), rng.randint(1, 28), rng.randint(1950, 2049)
    return rng.choice(
        (
            f"{day} {month}",
            f"{month} {day}",
            f"{month} {day}, {year}",
            f"{year}-{rng.randint(1, 12):02}-{day:02}",
            rng.choice(DAYS),
            f"{rng.choice(DAYS)} {day} {month}",
            f"{rng.randint(0, 23)}:{rng.randint(0, 59):02}",
            f"{rng.randint(1, 12)} {rng.choice(('am', 'pm'))}",
            str(year),
        )
    )


def phone(rng: Random) -> str:
    """A telephone number."""
    digits = [str(rng.randint(100, 9999)) for _ in range(rng.choice((2, 3)))]
    return rng.choice(("", "+")) + rng.choice(("-", " ")).join(digits)


def address(rng: Random) -> str:
    """An e-mail address, a host or the address of a page."""
    host = f"{made_up_word(rng)}.{rng.choice(('com', 'org', 'net', 'io'))}"
    return rng.choice((f"{made_up_word(rng)}@{host}", host, f"https://{host}/{made_up_word(rng)}"))


def path(rng: Random) -> str:
    """The path of a file."""
    parts = [made_up_word(rng) for _ in range(rng.choice((1, 2, 2, 3)))]
    ending = rng.choice((".py", ".txt", ".md", ".json", ""))
    return rng.choice(("", "", "/")) + "/".join(parts) + ending


def expression(rng: Random) -> str:
    """Arithmetic, as one asks a calculator."""
    terms = [str(rng.randrange(1, 1000)) for _ in range(rng.choice((2, 2, 3)))]
    return rng.choice((" + ", " - ", " * ", " / ", "*", "+")).join(terms)


KINDS: dict[str, Callable[[Random], str]] = {
    "word": word,
    "name": name,
    "phrase": phrase,
    "number": number,
    "amount": amount,
    "code": code,
    "date": date,
    "phone": phone,
    "address": address,
    "path": path,
    "expression": expression,
}


def value(rng: Random, kind: str, *, reserved: bool = False) -> str:
    """A value of this kind, from the part kept for evaluation or from the rest."""
    while True:
        text = KINDS[kind](rng)
        if is_reserved(text) == reserved:
            return text
