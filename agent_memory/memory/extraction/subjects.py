"""The subject of a statement, where it can be told: a newer one about the same takes its place.

A sentence is read from its beginning: where it holds (`scopes`), then one of the forms that have a
single value at a time. What fits none has no subject. Names are written in one spelling (`names`).
"""

import re
from dataclasses import dataclass

from agent_memory.memory.extraction.names import normal_name
from agent_memory.memory.extraction.predicates import PREDICATE_WORDS, read_predicate
from agent_memory.memory.extraction.scopes import Scoped, read_scope
from agent_memory.memory.extraction.subject_words import (
    ATTRIBUTE_WORDS,
    ATTRIBUTES,
    BARE_IS_VAGUE,
    COPULA,
    NOUN_WORDS,
    OF,
    VAGUE,
    WORD,
    is_literal,
    says_nothing,
    value_of,
)
from agent_memory.memory.extraction.tools import SINGULAR, category_of
from agent_memory.memory.items.kinds import ItemKind
from agent_memory.memory.search.identifiers import is_compound, word_set

_ATTRIBUTE = re.compile(
    rf"(?:(?P<owner>the|our|my|we have the) )?(?P<noun>(?:{WORD} ){{0,4}}?(?:{ATTRIBUTES}))"
    rf"{OF} ?(?:now |currently |still )?(?:{COPULA})(?P<value>\S.*)$",
    re.IGNORECASE,
)
_CHANGED = (
    "changed|moved|set|updated|bumped|raised|lowered|increased|reduced|postponed|switched|renamed|"
    "pushed|extended|shortened|upgraded|downgraded|cut|doubled|halved"
)
_CHANGE = re.compile(
    rf"(?:we|i|they|you|team)(?:'ve| have|'ll| will)? (?:just |now |already |also )?(?:{_CHANGED}) "
    rf"(?:(?P<owner>the|our|my) )?(?!from\b|to\b|back\b)(?P<noun>{NOUN_WORDS}){OF}"
    r"(?: from .{1,60}?)?(?: back)? to (?P<value>\S.*)$",
    re.IGNORECASE,
)
_ORDER = re.compile(
    r"(?:please )?(?:set|change|raise|lower|increase|reduce|bump|keep) (?:(?P<owner>the|our|my) )?"
    rf"(?P<noun>(?:{WORD} ){{0,4}}?(?:{ATTRIBUTES}|\w+_\w+)){OF}(?: from .{{1,60}}?)? (?:to|at) "
    r"(?P<value>\S.*)$",
    re.IGNORECASE,
)
_CHANGES = word_set(_CHANGED.replace("|", " ") + " change raise lower increase reduce bump keep")
_MINE = re.compile(
    r"(?P<owner>my) (?P<noun>(?:favou?rite|preferred|current|main|default) (?:[\w'-]+ ){0,2}?"
    r"[\w'-]+)(?P<of>) (?:is|are|has always been) (?:now |still )?(?P<value>\S.*)$",
    re.IGNORECASE,
)
_USING = (
    "use|using|go with|going with|went with|adopt|adopted|chose|chosen|picked|pick|settled on|"
    "decided on|agreed on|opted for|standardi[sz]ed on|stick with|prefer|switched (?:back )?to|"
    "switch (?:back )?to|moved (?:back )?to|migrated to|upgraded to|on|run|running"
)
_USE = re.compile(
    r"(?:(?P<owner>we|i|let'?s|the team|they)(?:'ll|'re|'ve|'m|'d)? )?(?:(?:now|currently|will|"
    r"have|also|just|are|going|to|should|only|decided|agreed|always|please|must|still|again|am) )"
    rf"{{0,4}}(?:{_USING}) "
    rf"(?P<value>[\w'./+#-]+(?: (?!for\b|as\b|to\b|in\b|instead\b)[\w'./+#-]+){{0,3}}?)"
    rf"(?: instead of {WORD}(?: {WORD})?)?"
    r"(?: (?P<link>for|as|to) (?:the |our |my |all |its )?(?P<noun>[\w'./-]+(?: [\w'./-]+){0,3}?))?"
    r"(?: (?:in|on) (?:the |our )?(?P<place>[\w'./-]+(?: [\w'./-]+){0,2}?))?"
    r"(?: (?:now|instead|from now on|again|only))?(?= (?:instead of|because|since|and|but|so|with|"
    r"not|in|on|at|rather)\b|[.!,;:)]? *$|[,;(] ?)",
    re.IGNORECASE,
)
_USES = word_set(
    "use using go going went adopt adopted chose chosen picked pick settled decided agreed opted "
    "standardized standardised stick prefer switched switch moved migrated upgraded run "
    "running we're"
)
_VERSIONED = re.compile(r"(?P<name>[A-Z][\w+#-]*(?:\.js)?(?: [A-Z]\w*)?) v?\d[\w.]*")
_ACTIVITIES = word_set(
    "builds deployment deployments ci auth authentication infrastructure events dates money jobs "
    "background indentation json migrations releases secrets storage metrics logs analytics"
)
_MEANS = re.compile(
    r"(?:^|\b(?:the (?:term|word)|by) )(?P<noun>[\w.-]+(?: [\w.-]+)?) (?:means (?!a lot|so much|"
    r"everything|the world|that\b|we\b|i\b|you\b|it\b|there\b|more\b|not\b|no\b|to\b)|stands for|"
    r"is short for|refers to|is defined as|is an (?:abbreviation|acronym) (?:of|for)|we mean|"
    r"i mean)",
    re.IGNORECASE,
)
_MEANINGS = word_set("means stands short refers defined abbreviation acronym mean")
_SETTING = re.compile(
    r"(?:(?:the|our|set|export|change|bump|raise|lower|env var|we set|i set) )?"
    r"(?P<mark>`?)(?P<noun>[A-Za-z_][\w.-]*)`?(?: in `?(?P<file>[\w./-]+\.\w+)`?)?"
    r"(?P<link> ?= ?|: ?| (?:is|should be|must be|is set to|was changed to|to|defaults to|is now) )"
    r"(?:now |set to )?(?P<value>`[^`]+`|\"[^\"]+\"|[-+]?\$?\d\S*|true|false|none|null|[^\s`]+)"
    r"(?=[\s.,;!]|$)"
    r"(?P<rest>.*)$",
    re.IGNORECASE | re.DOTALL,
)
_LEVEL = re.compile(r"`[^`]+`|\"[^\"]+\"|[-+]?\$?\d\S*|true|false|none|null", re.IGNORECASE)
_LIST_SETTING = re.compile(
    rf"(?P<noun>(?:[\w'./-]+ ){{0,3}}(?:{ATTRIBUTES})) ?[:=] ?"
    r"(?P<value>\S{1,40}(?: \S{1,20})?)$",
    re.IGNORECASE,
)
_MAX_VALUE_WORDS = 6
_SIGN = re.compile(r"[`=]|\w_\w|[a-z][A-Z]")
_TRIGGERS = ATTRIBUTE_WORDS | _CHANGES | _USES | PREDICATE_WORDS | {"my"}
"""Without one of these, or a name of a setting, nothing is said of a subject."""


@dataclass(frozen=True, slots=True)
class Subject:
    """`kind`: what the sentence is when no turn of phrase says so; `weight`: how surely. `value`:
    what it says of the subject, in one spelling. `name` is None for a statement that other ones
    can take back by its words alone."""

    name: str | None
    kind: ItemKind
    weight: float
    value: str = ""


@dataclass(frozen=True, slots=True)
class Sentence:
    """`plain`: with its quotations made unreadable, which is as long; `words`: of that, in lower
    case. `speaker`: whose `my` is meant. `heading`: what stands above it. `is_first`: whether
    nothing was said before it that it could be about."""

    text: str
    plain: str
    words: frozenset[str]
    speaker: str
    heading: str = ""
    is_first: bool = True


def find_subject(sentence: Sentence) -> Subject | None:
    """None when it is not clear."""
    words = sentence.words
    if not words.isdisjoint(_MEANINGS) and (meaning := _MEANS.search(sentence.plain)) is not None:
        return _of_meaning(meaning, sentence)
    if (setting := _find_list_setting(sentence)) is not None:
        return setting
    if words.isdisjoint(_TRIGGERS) and _SIGN.search(sentence.text) is None:
        return None
    if (setting := _read_setting(sentence, read_scope("", "", sentence.heading))) is not None:
        return setting
    scoped = read_scope(sentence.text, sentence.plain, sentence.heading)
    nameless = None
    for read in (_read_setting, _read_attribute, _read_use, _read_predicate):
        found = read(sentence, scoped)
        if found is not None and found.name is not None:
            return found
        nameless = nameless or found
    return nameless


def _of_meaning(match: re.Match[str], sentence: Sentence) -> Subject | None:
    name = normal_name(sentence.text[match.start("noun") : match.end("noun")])
    if not name or name.split()[0] in VAGUE:
        return None
    return Subject(f"meaning of {name}", ItemKind.GLOSSARY, 0.8)


def _find_list_setting(sentence: Sentence) -> Subject | None:
    """`timeout: 40s`, alone in its line."""
    if ":" not in sentence.text and "=" not in sentence.text:
        return None
    match = _LIST_SETTING.match(sentence.text)
    if match is None or not is_literal(match.group("value")):
        return None
    noun = normal_name(match.group("noun"))
    scoped = read_scope("", "", sentence.heading)
    return _named(sentence, scoped, noun, match.group("value"), ItemKind.CONSTRAINT, 0.7)


def _read_setting(sentence: Sentence, scoped: Scoped) -> Subject | None:
    """`MAX_RETRIES` is 5, MAX_RETRIES=5."""
    match = _SETTING.match(sentence.text, scoped.begin)
    if match is None:
        return None
    noun, link = match.group("noun"), match.group("link").strip()
    is_name = bool(match.group("mark")) or is_compound(noun) or "." in noun
    if not is_name or says_nothing(match.group("value")):
        return None
    if link not in {"=", ":"} and _LEVEL.fullmatch(match.group("value").rstrip(".,;!")) is None:
        return None
    if link == "to" and not sentence.text[scoped.begin : match.start("mark")].strip():
        return None
    file = match.group("file")
    scope = Scoped(0, " ".join(part for part in (scoped.scope, file and file.lower()) if part))
    return _named(sentence, scope, normal_name(noun), match.group("value"),
                  ItemKind.CONSTRAINT, 0.75)  # fmt: skip


def _read_attribute(sentence: Sentence, scoped: Scoped) -> Subject | None:
    for triggers, pattern, kind, weight in _FORMS:
        if sentence.words.isdisjoint(triggers):
            continue
        match = pattern.match(sentence.plain, scoped.begin)
        if match is None or not _is_value(match, sentence):
            continue
        if (found := _of_attribute(match, sentence, scoped, kind, weight)) is not None:
            return found
    return None


_FORMS = (
    (frozenset({"my"}), _MINE, ItemKind.PREFERENCE, 0.85),
    (_CHANGES, _CHANGE, ItemKind.DECISION, 0.7),
    (_CHANGES, _ORDER, ItemKind.DECISION, 0.7),
    (ATTRIBUTE_WORDS, _ATTRIBUTE, ItemKind.CONSTRAINT, 0.7),
)


def _of_attribute(
    match: re.Match[str], sentence: Sentence, scoped: Scoped, kind: ItemKind, weight: float
) -> Subject | None:
    raw = sentence.text[match.start("noun") : match.end("noun")]
    first = raw.split()[0].lower()
    noun = normal_name(raw)
    if not noun or first in VAGUE or "one" in noun.split():
        return None
    owner = (match.group("owner") or "").lower()
    if not owner and first.endswith("ing"):
        return None
    of = normal_name(_without_preposition(sentence.text[match.start("of") : match.end("of")]))
    name = f"{of} {noun}" if of else noun
    if owner == "my":
        name = f"{sentence.speaker}'s {name}"
    value = sentence.text[match.start("value") : match.end("value")]
    category = category_of(value) or ""
    if category in SINGULAR and category.endswith(f" {name}"):
        name = category
    return _named(sentence, scoped, name, value, kind, weight)


def _named(
    sentence: Sentence, scoped: Scoped, noun: str, value: str, kind: ItemKind, weight: float
) -> Subject | None:
    """Without a name where nothing says which of many things that are called so is meant."""
    name = f"{scoped.scope} {noun}" if scoped.scope else noun
    is_clear = bool(noun) and (bool(scoped.scope) or not _is_bare(noun, sentence))
    return Subject(name if is_clear else None, kind, weight, value_of(value))


def _is_bare(noun: str, sentence: Sentence) -> bool:
    return noun in BARE_IS_VAGUE or (" " not in noun and not sentence.is_first)


def _is_value(match: re.Match[str], sentence: Sentence) -> bool:
    """A number, a name or something quoted; a few plain words where it is said whose they are."""
    value = sentence.text[match.start("value") : match.end("value")]
    if says_nothing(value):
        return False
    return is_literal(value) or (
        match.group("owner") is not None and len(value.split()) <= _MAX_VALUE_WORDS
    )


def _read_use(sentence: Sentence, scoped: Scoped) -> Subject | None:
    if sentence.words.isdisjoint(_USES):
        return None
    match = _USE.match(sentence.plain, scoped.begin)
    if match is None:
        return None
    value = sentence.text[match.start("value") : match.end("value")]
    name = _use_name(match, sentence, scoped, value)
    weight = 0.7 if name is not None else 0.55
    kind = ItemKind.PREFERENCE if " prefer " in f" {match.group()} " else ItemKind.DECISION
    if name is None and not match.group("owner"):
        return None
    return Subject(name, kind, weight, value_of(value))


def _use_name(match: re.Match[str], sentence: Sentence, scoped: Scoped, value: str) -> str | None:
    """By what it is used for and, for a thing rather than an activity, by what sort of tool it is:
    a client has a bundler and a linter."""
    noun = normal_name(sentence.text[match.start("noun") : match.end("noun")])
    place = normal_name(sentence.text[match.start("place") : match.end("place")])
    if not noun and scoped.is_for:
        noun, scoped = scoped.scope, Scoped(scoped.begin, "")
    within = "".join(f"{part} " for part in (scoped.scope, place) if part)
    category = category_of(value)
    if category in SINGULAR and (not noun or match.group("link") == "to"):
        return f"{within}{category}"
    if not noun and (version := _VERSIONED.fullmatch(value)) is not None:
        return f"{within}{normal_name(version.group('name'))} version"
    if not noun or noun.split()[0] in VAGUE:
        return None
    link = "to" if match.group("link") == "to" else "for"
    if (match.group("owner") or "").lower() == "i":
        return f"{within}used by {sentence.speaker} {link} {noun}"
    if link == "to" or category is None or _is_activity(noun):
        return f"{within}used {link} {noun}"
    return f"{within}{noun} {category}"


def _is_activity(noun: str) -> bool:
    first, *rest = noun.split()
    return first.endswith("ing") or not _ACTIVITIES.isdisjoint((first, *rest))


def _read_predicate(sentence: Sentence, scoped: Scoped) -> Subject | None:
    found = read_predicate(sentence.text, sentence.plain, scoped.begin, sentence.words)
    if found is None:
        return None
    noun = found.noun
    if noun is None:
        return Subject(None, found.kind, found.weight, value_of(found.value))
    return _named(sentence, scoped, noun, found.value, found.kind, found.weight)


def _without_preposition(of: str) -> str:
    return " ".join(of.split()[1:])
