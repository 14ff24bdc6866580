"""Sentences that give a thing one value at a time by a verb: who owns it, where it lives, on which
port it listens, whether it works, whether it is allowed."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from agent_memory.memory.extraction.names import normal_name
from agent_memory.memory.extraction.predicate_verbs import VERB_WORDS, VERBS
from agent_memory.memory.extraction.subject_words import (
    VAGUE,
    WORD,
    is_literal,
    says_nothing,
    value_of,
)
from agent_memory.memory.extraction.tools import category_of
from agent_memory.memory.items.kinds import ItemKind
from agent_memory.memory.search.identifiers import word_set

SEVERAL = "\u2026"
"""Ends a subject that can have several values at once: only a statement that says itself that
something has changed takes the place of another about it."""

_NOUN = rf"(?:(?:the|our|all|every|each) )?(?P<noun>{WORD}(?: {WORD}){{0,5}}?)"
_HELP = (
    r"(?:(?:now|currently|always|still|will|should|must|is|are|was|were|has been|have been|only|"
    r"also) ){0,3}"
)
_VERB_NAMES = {f"v{number}": name for number, (_, name) in enumerate(VERBS)}
_VERB = re.compile(
    rf"{_NOUN} {_HELP}(?:{'|'.join(f'(?P<v{at}>{verb})' for at, (verb, _) in enumerate(VERBS))}) ?"
    r"(?:now )?(?P<value>\S.*)$",
    re.IGNORECASE,
)
_THING = rf"(?P<noun>{WORD}(?: {WORD}){{0,3}}?)(?= now| from| and| again| since|[.,;!]? *$|[,;(])"
_PERSON = r"(?P<value>[A-Z][\w-]+(?: [A-Z][\w-]+)?|(?:[Tt]he )?[\w-]+ team|[Tt]eam [\w-]+)"
_OWNS = re.compile(
    rf"{_PERSON} (?:now |currently |also |has |is |will )?(?P<verb>owns|maintains|leads|reviews|"
    r"responsible for|in charge of|taken over|took over|takes over|own) (?:now )?(?:the |our )?"
    rf"{_THING}"
)
_IS_ROLE = re.compile(
    rf"{_PERSON} (?:is|became|will be) (?:now )?the (?:new )?(?P<verb>owner|reviewer|maintainer|"
    rf"lead|contact|manager|approver|admin) (?:for|of|on|in) (?:the |our )?{_THING}"
)
_IS_A_ROLE = re.compile(
    rf"{_PERSON} (?:is|became|will be) (?:now )?(?:the|our) (?P<noun>(?:[\w-]+ ){{0,2}}(?:engineer|"
    r"owner|lead|manager|reviewer|maintainer|contact|person|architect))(?: this \w+| now| again| "
    r"from now on)*[.!]?$"
)
_COUNT = re.compile(
    r"we (?:now )?(?:have|run|keep|use) (?:now )?(?P<value>\d+) (?P<noun>[\w-]+(?: [\w-]+)?)"
    rf"(?: (?:on|in|for|at) (?:the )?(?P<place>{WORD}(?: {WORD})??))?(?: now| again)*[.!]?$",
    re.IGNORECASE,
)
_COUNT_WORDS = word_set("have run keep use")
_OWNER_WORDS = word_set(
    "engineer person architect "
    "owns maintains leads reviews responsible charge taken took takes own owner reviewer "
    "maintainer lead contact manager approver admin"
)
_ROLES = {
    "leads": "lead", "reviews": "reviewer", "reviewer": "reviewer", "lead": "lead",
    "contact": "contact", "manager": "manager", "approver": "approver", "admin": "admin",
}  # fmt: skip
_AGAIN_AND_AGAIN = (
    "poll|fetch|run|check|refresh|sync|back up|retry|rotate|scrape|restart|query|ping|flush|rebuild"
)
_EVERY = re.compile(
    rf"(?:please )?(?:always )?(?:we )?(?P<verb>{_AGAIN_AND_AGAIN})s? (?:the |our )?"
    rf"(?P<noun>{WORD}(?: {WORD}){{0,4}}?) (?:every|each|at) (?P<value>\S.*)$",
    re.IGNORECASE,
)
_HABITS = "answer|reply|respond|comment|document|write commit messages|write comments|indent"
_LANGUAGE = re.compile(
    rf"(?:please )?(?:always )?(?P<noun>(?:{_HABITS}) (?:in|with)) (?P<value>\S.*)$", re.IGNORECASE
)
_LANGUAGE_WORDS = word_set("answer reply respond comment document write indent")
_STATES = (
    "broken|down|flaky|red|failing|offline|unavailable|green|fine|ok|okay|back(?: up| online)?|up|"
    "working|stable|healthy|again"
)
_STATE_WORDS = word_set(
    "broken down flaky red failing offline unavailable green fine ok okay back up working stable "
    "healthy again"
)
_ONCE_MORE = r"(?: (?:again|now|anymore|any more|by default))*"
_PLACE = rf"(?: (?:on|in|for|at) (?:the )?(?P<place>{WORD}(?: {WORD})??))?"
_STATE = re.compile(
    rf"{_NOUN} (?P<value>(?:is|are|works?) (?:now |still |currently |no longer |not )?"
    rf"(?:{_STATES})){_ONCE_MORE}{_PLACE}{_ONCE_MORE}[.!]?$",
    re.IGNORECASE,
)
_ALIKE = {
    "allowed": "allowed", "permitted": "allowed", "forbidden": "allowed", "banned": "allowed",
    "blocked": "allowed", "enabled": "enabled", "disabled": "enabled", "on": "enabled",
    "off": "enabled", "supported": "supported", "deprecated": "supported", "required": "required",
    "optional": "required", "mandatory": "required",
}  # fmt: skip
_ALLOWED = re.compile(
    rf"{_NOUN} (?P<value>(?:is|are) (?:now |currently |no longer |not |never |still )?"
    rf"(?P<what>{'|'.join(_ALIKE)})){_ONCE_MORE}{_PLACE}{_ONCE_MORE}[.!]?$",
    re.IGNORECASE,
)
_VERSIONED = re.compile(r"(?P<name>[A-Z][\w+#-]*(?:\.js)?) v?(?P<version>\d[\w.]*\+?)")
_DEED = r"(?P<noun>[\w'./-]+(?: [\w'./-]+){0,7}?)"
_NEVER = re.compile(
    r"(?:please )?(?:never|do not|don't|you must not|you may not|we must not|we never) "
    rf"{_DEED}[.!]?$",
    re.IGNORECASE,
)
_MAY = re.compile(
    rf"(?:you|we) (?:may|can|are allowed to) (?:now )?{_DEED} (?:again|now)[.!]?$", re.IGNORECASE
)
_STORED = {
    "store": "stored in", "keep": "stored in", "storing": "stored in", "host": "hosted on",
    "hosting": "hosted on", "serve": "hosted on", "publish": "hosted on", "send": "goes to",
    "write": "written with", "track": "done with", "manage": "done with", "cache": "done with",
    "sign": "done with",
}  # fmt: skip
_STORE = re.compile(
    r"(?:we|i|the team|they|let's)(?:'ll|'re|'ve)? (?:(?:now|currently|will|have|also|just|are|"
    rf"going|to|should|only|decided|agreed|always) ){{0,4}}(?P<verb>{'|'.join(_STORED)}) "
    rf"(?:the |our |all )?(?P<noun>{WORD}(?: {WORD}){{0,3}}?) (?:in|on|with|at|to|via|using|by) "
    r"(?P<value>\S.*)$",
    re.IGNORECASE,
)
_DEPLOY = re.compile(
    r"(?:we|i|they)(?:'ll|'re)? (?:now |always |currently |only )?(?P<noun>deploy|build|test|lint|"
    r"format|release|log|authenticate|ship|merge|commit)(?:s|ing)? (?:with|via|using|through) "
    r"(?P<value>\S.*)$",
    re.IGNORECASE,
)
_DEPLOY_TO = re.compile(
    r"(?:we|i|they)(?:'ll|'re)? (?:now |always |currently |only )?(?P<noun>deploy|release|log|ship|"
    r"publish)(?:s|ing)? to (?P<value>\S.*)$",
    re.IGNORECASE,
)
_DEPLOY_WORDS = word_set(
    "deploy build test lint format release log authenticate ship merge commit publish deploying "
    "building testing linting releasing logging authenticating shipping"
)
_HABIT = re.compile(
    r"(?:we|(?:the|our|all) [\w'-]+(?: [\w'-]+){0,2}?) (?:now |only |always |currently )?"
    r"(?:no longer |do not |don't |does not |doesn't |stopped |decided not to )?(?:deploy|support|"
    r"need|require|use|using|run|accept|ship|read|write|follow|release|meet|merge|dropped?|removed|replaced|switched|migrated|"
    r"moved|upgraded)s?\b (?!(?:to|an?|the)\b)(?P<value>\S.*)$",
    re.IGNORECASE,
)
_USES = re.compile(
    rf"{_NOUN} (?:now |currently |only )?"
    r"(?P<verb>use|read|support|write|return|emit|accept|produce)s? (?:now )?(?!an? )"
    r"(?P<value>\S.*)$",
    re.IGNORECASE,
)
_USE_WORDS = word_set(
    "uses use reads read supports support writes write returns return emits emit accepts accept "
    "produces produce"
)
_HABIT_WORDS = _USE_WORDS | word_set(
    "follow release meet merge deploy need needs require requires using run runs accept accepts "
    "ship ships drop dropped removed replaced switched migrated moved upgraded"
)
_PERSONS = word_set("we i you they he she my everyone team people users")
_PRONOUN = re.compile(r"(?:we|i|you|they|he|she|it|that|this|there)\b", re.IGNORECASE)
_NEGATIVE = re.compile(r"\b(?:no|not|never|longer)\b|n't\b", re.IGNORECASE)
_MAX_OBJECT_WORDS = 8
_MAX_PLAIN_WORDS = 3


@dataclass(frozen=True, slots=True)
class Predicate:
    """`noun`: what is spoken of, with what is said of it; None when it can have many values."""

    noun: str | None
    value: str
    kind: ItemKind = ItemKind.CONSTRAINT
    weight: float = 0.6


Read = Callable[[str, str, int], Predicate | None]


def read_predicate(text: str, plain: str, begin: int, words: frozenset[str]) -> Predicate | None:
    """The predicate that begins at `begin`. `plain` is as long as `text`; `words` are its own."""
    is_of_person = _PRONOUN.match(plain, begin) is not None
    for triggers, read in _OF_PERSONS if is_of_person else _READERS:
        if not words.isdisjoint(triggers) and (found := read(text, plain, begin)) is not None:
            return found
    return None


def _owner(text: str, plain: str, begin: int) -> Predicate | None:
    match = _OWNS.match(plain, begin) or _IS_ROLE.match(plain, begin)
    if match is None or (noun := _noun(match, text)) is None:
        return None
    return Predicate(f"{noun} {_ROLES.get(match.group('verb'), 'owner')}", match.group("value"))


def _every(text: str, plain: str, begin: int) -> Predicate | None:
    match = _EVERY.match(plain, begin)
    if match is None or not is_literal(match.group("value")) or not (noun := _noun(match, text)):
        return None
    return Predicate(f"{match.group('verb').lower()} {noun}", _group(match, "value", text))


def _language(text: str, plain: str, begin: int) -> Predicate | None:
    match = _LANGUAGE.match(plain, begin)
    if match is None:
        return None
    return Predicate(match.group("noun").lower(), _group(match, "value", text))


def _state(text: str, plain: str, begin: int) -> Predicate | None:
    match = _STATE.match(plain, begin)
    if match is None or (noun := _noun(match, text)) is None:
        return None
    return Predicate(f"{_placed(match, text, noun)} state", match.group("value"), weight=0.55)


def _allowed(text: str, plain: str, begin: int) -> Predicate | None:
    match = _ALLOWED.match(plain, begin)
    if match is None or (noun := _noun(match, text)) is None:
        return None
    what = _ALIKE[match.group("what").lower()]
    version = _VERSIONED.fullmatch(_group(match, "noun", text))
    if what == "required" and version is not None and not match.group("place"):
        return Predicate(f"{normal_name(version.group('name'))} version", version.group("version"))
    return Predicate(f"{_placed(match, text, noun)} {what}", match.group("value"))


def _never(text: str, plain: str, begin: int) -> Predicate | None:
    """Not a statement for this alone: much that is no rule begins so."""
    if (match := _NEVER.match(plain, begin)) is not None:
        return Predicate(f"{normal_name(_group(match, 'noun', text))} allowed", "no", weight=0.0)
    if (match := _MAY.match(plain, begin)) is not None:
        return Predicate(f"{normal_name(_group(match, 'noun', text))} allowed", "yes")
    return None


def _store(text: str, plain: str, begin: int) -> Predicate | None:
    match = _STORE.match(plain, begin)
    if match is None or (noun := _noun(match, text)) is None:
        return None
    name = f"{noun} {_STORED[match.group('verb').lower()]}"
    return Predicate(name, _group(match, "value", text), ItemKind.DECISION, 0.65)


def _deploy(text: str, plain: str, begin: int) -> Predicate | None:
    match = _DEPLOY.match(plain, begin)
    several = "" if match is not None else SEVERAL
    match = match or _DEPLOY_TO.match(plain, begin)
    if match is None or says_nothing(match.group("value")):
        return None
    name = f"{match.group('noun').lower()} {'to' if several else 'with'}{several}"
    return Predicate(name, _group(match, "value", text), ItemKind.DECISION, 0.65)


def _verb(text: str, plain: str, begin: int) -> Predicate | None:
    match = _VERB.match(plain, begin)
    if match is None or (noun := _noun(match, text)) is None:
        return None
    value = _group(match, "value", text)
    if says_nothing(value) or len(value.split()) > _MAX_OBJECT_WORDS:
        return None
    name = next(name for group, name in _VERB_NAMES.items() if match.group(group) is not None)
    return Predicate(f"{noun} {name}", value)


def _uses(text: str, plain: str, begin: int) -> Predicate | None:
    match = _USES.match(plain, begin)
    if match is None or (noun := _noun(match, text)) is None:
        return None
    value = _group(match, "value", text)
    if not is_literal(value) and len(value_of(value).split()) > _MAX_PLAIN_WORDS:
        return None
    category = category_of(value) if match.group("verb").lower() == "use" else None
    name = category or f"{match.group('verb').lower()}s{SEVERAL}"
    return Predicate(f"{noun} {name}", value, weight=0.55)


def _count(text: str, plain: str, begin: int) -> Predicate | None:
    """`We run 3 replicas in production.`"""
    match = _COUNT.match(plain, begin)
    if match is None or (noun := _noun(match, text)) is None:
        return None
    return Predicate(f"{_placed(match, text, noun)} count", match.group("value"),
                     ItemKind.DECISION)  # fmt: skip


def _is_role(text: str, plain: str, begin: int) -> Predicate | None:
    """`Ben is the on-call engineer.`"""
    match = _IS_A_ROLE.match(plain, begin)
    if match is None or (noun := _noun(match, text)) is None:
        return None
    return Predicate(noun, match.group("value"))


def _habit(text: str, plain: str, begin: int) -> Predicate | None:
    match = _HABIT.match(plain, begin)
    if match is None or len(match.group("value").split()) > _MAX_OBJECT_WORDS:
        return None
    return Predicate(None, _group(match, "value", text), ItemKind.DECISION, 0.55)


_READERS: tuple[tuple[frozenset[str], Read], ...] = (
    (_OWNER_WORDS, _owner),
    (_OWNER_WORDS, _is_role),
    (_COUNT_WORDS, _count),
    (word_set(_AGAIN_AND_AGAIN.replace("|", " ")), _every),
    (_LANGUAGE_WORDS, _language),
    (_STATE_WORDS, _state),
    (frozenset(_ALIKE), _allowed),
    (word_set("never not don't may can allowed"), _never),
    (frozenset(_STORED), _store),
    (_DEPLOY_WORDS, _deploy),
    (VERB_WORDS, _verb),
    (_USE_WORDS, _uses),
    (_HABIT_WORDS, _habit),
)
_WITH_PERSONS = {_never, _store, _deploy, _habit, _count}
_OF_PERSONS = tuple(one for one in _READERS if one[1] in _WITH_PERSONS)
PREDICATE_WORDS = frozenset[str]().union(*(triggers for triggers, _ in _READERS))


def _noun(match: re.Match[str], text: str) -> str | None:
    raw = _group(match, "noun", text)
    first = raw.split()[0].lower() if raw else ""
    if not first or first in VAGUE or first in _PERSONS or _NEGATIVE.search(raw) is not None:
        return None
    return normal_name(raw) or None


def _placed(match: re.Match[str], text: str, noun: str) -> str:
    place = _group(match, "place", text) if match.group("place") else ""
    return f"{normal_name(place)} {noun}" if place else noun


def _group(match: re.Match[str], name: str, text: str) -> str:
    return text[match.start(name) : match.end(name)]
