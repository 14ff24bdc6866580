"""Signs that two texts say different things although nearly all words are the same.

An embedding hardly sees it: "at most 10 retries" and "at most 100 retries", "do" and "do not" lie
closer to each other than most paraphrases. When in doubt two texts are told apart: a duplicate that
is kept costs a line, a wrong merger loses a fact.
"""

import re
from collections import Counter
from collections.abc import Callable

_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*%?")
_NUMBER_WORDS = frozenset(
    """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety
    hundred thousand million billion once twice thrice half quarter third double triple dozen first
    second
    """.split()  # noqa: SIM905  a list of literals reads worse
)
_DATE_WORDS = frozenset(
    """
    monday tuesday wednesday thursday friday saturday sunday january february march april may june
    july august september october november december today yesterday tomorrow tonight morning noon
    afternoon evening night midnight weekday weekend week month year daily weekly monthly yearly
    hourly quarterly spring summer autumn fall winter last next previous
    """.split()  # noqa: SIM905
)
_NEGATION = re.compile(
    r"\b(?:no|not|never|none|nor|neither|nothing|nobody|without|cannot|\w+n['\u2019]?t(?=\W|$)"
    r"|except|unless|nicht|kein\w*|ohne|nie)\b"
)
_NO_NEGATION = frozenset({"want", "went", "sent", "point", "print", "client", "agent"})
_POLARITY = frozenset(
    """
    enable enabled disable disabled allow allowed deny denied forbid forbidden permit permitted
    accept accepted reject rejected increase increased decrease decreased add added remove removed
    start started stop stopped open opened close closed before after above below more less most
    least fewer min max minimum maximum always sometimes often rarely all some any every only both
    either must should may might could required optional up down on off in out true false yes left
    right public private internal external sync async synchronous asynchronous success failure
    succeeded failed passes fails passed like likes love loves hate hates dislike dislikes prefer
    prefers avoid avoids use stop keep drop show hide lock unlock encrypt decrypt read write from to
    he she him her his hers
    """.split()  # noqa: SIM905
)
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?")
_NAMED = re.compile(
    r"`[^`\n]{1,200}`"  # code
    r"|\"[^\"\n]{1,80}\""  # a quotation
    r"|https?://\S+|[\w.+-]{1,64}@[\w.-]{1,64}|@\w+|\#\w+"
    r"|(?:[\w.-]{0,64}/){1,16}[\w.-]{1,64}"  # a path
    r"|\b\w+(?:\.\w+)+\b|\b\w+_\w+\b|\b[a-z]+[A-Z]\w*\b|\b\w+\(\)"  # identifiers
    r"|\b[A-Z]{2,}\w*\b|\b[A-Za-z]+\d\w*\b"  # acronyms, model numbers
)
_SENTENCE_START = re.compile(r"(?:^|[.!?:;\n]\s*[\"'(*-]*\s*)$")
_OPENERS = frozenset(
    """
    a an the this that these those i we you he she it they my our your his her their its there here
    please also so then and but or if when while as for in on at to from by with of is are was were
    be do does did have has had will would can let lets well ok okay yes yeah sure hey hi thanks
    remember note reminder fyi btw just always now today what which who why how where
    """.split()  # noqa: SIM905
)


def find_distinction(one: str, other: str) -> str | None:
    """In a few words what sets them apart, or None when nothing does."""
    for words, read in _READERS:
        if read(one) != read(other):
            return words
    if _names_differ(one, other):
        return "other names"
    return "in another order" if _particulars(one, other) != _particulars(other, one) else None


def _numbers(text: str) -> Counter[str]:
    digits = (number.rstrip("%").replace(",", "") for number in _NUMBER.findall(text))
    return Counter(digits) + Counter(word for word in _words(text) if word in _NUMBER_WORDS)


def _units(text: str) -> Counter[str]:
    """What is counted: `10 s` is not `10 ms`, and 10 % is not 10."""
    return Counter(re.findall(r"\d\s?(%|[a-zµ]{1,4})\b", text.casefold()))


def _dates(text: str) -> Counter[str]:
    return Counter(word for word in _words(text) if word in _DATE_WORDS)


def _negations(text: str) -> int:
    return sum(
        word not in _NO_NEGATION and not (word.endswith("nt") and word not in _BARE_NEGATIONS)
        for word in _NEGATION.findall(text.casefold())
    )


_BARE_NEGATIONS = frozenset(
    {"dont", "doesnt", "didnt", "wont", "cant", "isnt", "arent", "wasnt", "shouldnt", "couldnt"}
)


def _polarity(text: str) -> Counter[str]:
    return Counter(word for word in _words(text) if word in _POLARITY)


def _is_question(text: str) -> bool:
    return "?" in text


def _code_names(text: str) -> frozenset[str]:
    return frozenset(name.strip(".,;:!?\"'`()").casefold() for name in _NAMED.findall(text))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


_READERS: tuple[tuple[str, Callable[[str], object]], ...] = (
    ("other numbers", _numbers),
    ("other units", _units),
    ("other dates", _dates),
    ("one is negated", _negations),
    ("one asks", _is_question),
    ("opposite or other relations", _polarity),
    ("other identifiers", _code_names),
)


def _names_differ(one: str, other: str) -> bool:
    """Whether one has a capitalised word that the other has nowhere.

    At the start of a sentence any word is capitalised: there only those count that could be names
    in both texts, which then begin differently.
    """
    words_one, words_other = set(_words(one)), set(_words(other))
    inner_one, first_one = _capitalised(one)
    inner_other, first_other = _capitalised(other)
    if (inner_one - words_other) or (inner_other - words_one):
        return True
    return bool(first_one - words_other) and bool(first_other - words_one)


def _particulars(text: str, other: str) -> list[str]:
    """The numbers and the names of both in the order of `text`: who moved from where to where."""
    inner, first = _capitalised(text)
    inner_other, first_other = _capitalised(other)
    names = (inner | first) & (inner_other | first_other)
    return [
        word
        for word in re.findall(r"\d+|[^\W\d_]+", text.casefold())
        if word in names or word.isdigit()
    ]


def _capitalised(text: str) -> tuple[set[str], set[str]]:
    """(within sentences, at the start of sentences), in lower case."""
    inner: set[str] = set()
    first: set[str] = set()
    for match in _WORD.finditer(text):
        word = match.group()
        folded = word.casefold().partition("'")[0].partition("\u2019")[0]
        if not word[0].isupper() or folded in _OPENERS:
            continue
        is_first = _SENTENCE_START.search(text[max(0, match.start() - 8) : match.start()])
        (first if is_first else inner).add(folded)
    return inner, first
