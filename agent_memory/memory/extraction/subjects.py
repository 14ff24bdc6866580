"""What a statement is about, where it can be told: a newer one about the same takes its place."""

import re
from dataclasses import dataclass

from agent_memory.memory.items.kinds import ItemKind
from agent_memory.memory.search.identifiers import word_set

_ATTRIBUTES = (
    "address|api key|base image|base url|branch|bucket|budget|bundler|capacity|channel|code name|"
    "codename|color|colour|country|currency|database|deadline|default|domain|due date|editor|"
    "email|endpoint|engine|format|formatter|framework|frequency|host|hostname|id|image|interval|"
    "key|language|launch date|length|licence|license|limit|linter|location|log level|maximum|"
    "minimum|mode|model|name|namespace|owner|package manager|password|path|phone number|plan|"
    "pool size|port|prefix|price|priority|protocol|provider|quota|rate|rate limit|region|"
    "release date|replica count|retention|retries|runtime|schedule|schema|server|size|stack|"
    "start date|status|strategy|suffix|threshold|time zone|timeout|timezone|title|ttl|url|"
    "user name|username|version|window|zone"
)
_ATTRIBUTE_WORDS = word_set(_ATTRIBUTES.replace("|", " "))
_COPULA = (
    r"(?:is|are|was changed to|is set to|should be|must be|will be|has changed to|changed to|"
    r"has moved to|moved to|=) (?:now |set to |currently |always )?"
)
_OF = r"(?P<of>(?: (?:for|of|in|on|at) (?:the |our |my )?[\w'./-]+(?: [\w'./-]+)?)?)"
_ATTRIBUTE = re.compile(
    rf"(?:^|[,;:] |\b(?:and|so|but|that|now) |(?=\b(?:the|our|my) ))(?:(?P<owner>the|our|my) )?"
    rf"(?P<noun>(?:[\w'./-]+ ){{0,3}}?(?:{_ATTRIBUTES})){_OF} {_COPULA}(?P<value>\S.*)$",
    re.IGNORECASE,
)
_CHANGE = re.compile(
    r"\b(?:changed|moved|set|updated|bumped|raised|lowered|increased|reduced|postponed|switched|"
    rf"renamed) (?P<owner>the|our|my) (?P<noun>[\w'./-]+(?: [\w'./-]+){{0,3}}?){_OF}"
    r"(?: from .{1,60}?)? to (?P<value>\S.*)$",
    re.IGNORECASE,
)
_CHANGES = word_set(
    "changed moved set updated bumped raised lowered increased reduced postponed switched renamed"
)
_MINE = re.compile(
    r"\b(?P<owner>my) (?P<noun>(?:favou?rite|preferred|current|main|default) (?:[\w'-]+ ){0,2}?"
    r"[\w'-]+)(?P<of>) (?:is|are|has always been) (?:now |still )?(?P<value>\S.*)$",
    re.IGNORECASE,
)
_USE_FOR = re.compile(
    r"\b(?P<owner>we|i|let'?s)(?:'ll|'re|'ve|'m)? (?:(?:now|currently|will|have|also|just|are|"
    r"going|to|should|only) ){0,3}(?:use|using|go with|going with|adopted|chose|picked|settled on|"
    r"decided on|decided to use|agreed to use|agreed on|opted for|standardi[sz]ed on|stick with|"
    r"prefer) "
    r"(?P<value>[\w'./+#-]+(?: [\w'./+#-]+){0,3}?) (?:for|as) (?:the |our |my |all |its )?"
    r"(?P<noun>[\w'./-]+(?: [\w'./-]+){0,2})[.!,;]?$",
    re.IGNORECASE,
)
_USES = word_set(
    "use using go going adopted chose picked settled decided agreed opted standardized "
    "standardised stick prefer"
)
_MEANS = re.compile(
    r"(?:^|\b(?:the (?:term|word)|by) )(?P<noun>[\w.-]+(?: [\w.-]+)?) (?:means (?!a lot|so much|"
    r"everything|the world|that\b|we\b|i\b|you\b|it\b|there\b|more\b|not\b|no\b|to\b)|stands for|"
    r"is short for|refers to|is defined as|is an (?:abbreviation|acronym) (?:of|for)|we mean|"
    r"i mean)",
    re.IGNORECASE,
)
_MEANINGS = word_set("means stands short refers defined abbreviation acronym mean")
_CONSTANT = re.compile(
    r"`(?P<noun>[A-Za-z_][\w.]*)`(?: in `?(?P<file>[\w./-]+\.\w+)`?)? (?:is|=|should be|must be|"
    r"is set to|is now|to) (?:now )?(?P<value>`[^`]+`|[-+]?\d\S*|true|false|none|null)"
    r"(?=[\s.,;!]|$)",
    re.IGNORECASE,
)
_VAGUE = word_set(
    "it this that these those there here they he she we i you what which who one thing things "
    "something anything everything nothing reason problem issue question answer point idea "
    "whole same next last first other his her their your its some any no more such"
)
_LEADING = re.compile(r"^(?:the|our|my|a|an|new|now|current|currently|actual)\s+", re.I)
_NO_VALUE = re.compile(
    r"(?:not|unknown|unclear|tbd|undecided|wrong|broken|missing|important|too|very|so|really|great|"
    r"good|bad|nice|amazing|awesome|fine|ok|okay|that|what|how|why|when|where|to|because|tough|hard|"
    r"one|just|something|still|about|more|also|a bit|pretty|quite|all)\b|\w+n't\b|\w+ing\b",
    re.IGNORECASE,
)
_LITERAL = re.compile(r"[`\"_$\u20ac\d/~-]|[A-Z]|true\b|false\b|none\b|null\b")
_MAX_VALUE_WORDS = 6


@dataclass(frozen=True, slots=True)
class Subject:
    """`kind`: what the sentence is when no turn of phrase says so; `weight`: how surely."""

    name: str
    kind: ItemKind
    weight: float


def find_subject(sentence: str, plain: str, words: frozenset[str], speaker: str) -> Subject | None:
    """None when it is not clear. `plain`: the sentence with its quotations made unreadable, which
    is as long. `speaker`: whose `my` is meant."""
    if "`" in sentence and (constant := _CONSTANT.search(sentence)) is not None:
        file = constant.group("file")
        name = constant.group("noun") + (f" in {file}" if file else "")
        return Subject(name, ItemKind.CONSTRAINT, 0.75)
    if not words.isdisjoint(_MEANINGS) and (meaning := _MEANS.search(plain)) is not None:
        return _of_meaning(meaning, sentence)
    for triggers, pattern, kind, weight in _FORMS:
        if not words.isdisjoint(triggers) and (
            name := _find_name(pattern, sentence, plain, speaker)
        ):
            return Subject(name, kind, weight)
    if not words.isdisjoint(_USES) and (use := _USE_FOR.search(plain)) is not None:
        return _of_use(use, sentence, speaker)
    return None


_FORMS = (
    (frozenset({"my"}), _MINE, ItemKind.PREFERENCE, 0.85),
    (_CHANGES, _CHANGE, ItemKind.DECISION, 0.7),
    (_ATTRIBUTE_WORDS, _ATTRIBUTE, ItemKind.CONSTRAINT, 0.7),
)


def _of_meaning(match: re.Match[str], sentence: str) -> Subject | None:
    name = _normal(sentence[match.start("noun") : match.end("noun")])
    if not name or name.split()[0] in _VAGUE:
        return None
    return Subject(f"meaning of {name}", ItemKind.GLOSSARY, 0.8)


def _of_use(match: re.Match[str], sentence: str, speaker: str) -> Subject | None:
    name = _normal(sentence[match.start("noun") : match.end("noun")])
    if not name or name.split()[0] in _VAGUE:
        return None
    is_own = match.group("owner").lower() == "i"
    name = f"used by {speaker} for {name}" if is_own else f"used for {name}"
    return Subject(name, ItemKind.DECISION, 0.7)


def _find_name(pattern: re.Pattern[str], sentence: str, plain: str, speaker: str) -> str | None:
    match = pattern.search(plain)
    if match is None or not _is_value(match, sentence):
        return None
    noun = _normal(sentence[match.start("noun") : match.end("noun")])
    of = _normal_specifier(sentence[match.start("of") : match.end("of")])
    first = noun.split()[0] if noun else ""
    if not first or first in _VAGUE or "one" in noun.split():
        return None
    if match.group("owner") is None and first.endswith("ing"):
        return None
    name = f"{of} {noun}" if of else noun
    return f"{speaker}'s {name}" if (match.group("owner") or "").lower() == "my" else name


def _is_value(match: re.Match[str], sentence: str) -> bool:
    """A number, a name or something quoted; a few plain words where it is said whose they are."""
    value = sentence[match.start("value") : match.end("value")]
    if _NO_VALUE.match(value) is not None:
        return False
    if _LITERAL.match(value) is not None:
        return True
    is_owned = match.group("owner") is not None
    return is_owned and len(value.split()) <= _MAX_VALUE_WORDS


def _normal(noun: str) -> str:
    """Lower case, without articles; `favorite` is `favourite`."""
    noun = noun.strip(" .,;:!`\"'").lower()
    while (shorter := _LEADING.sub("", noun, count=1)) != noun:
        noun = shorter
    return " ".join(noun.replace("favorite", "favourite").replace("color", "colour").split())


def _normal_specifier(of: str) -> str:
    """`port of staging` is the `staging port`."""
    words = of.split()
    return _normal(" ".join(words[1:])) if words else ""
