"""The former value that a sentence revokes: `from X`, `instead of X`, `no longer X`, `not X`."""

import re

from agent_memory.memory.extraction.names import normal_name
from agent_memory.memory.search.identifiers import word_set

_X = r"(?P<old>[\w'./+#@-]+(?: (?!for\b|in\b|on\b|and\b|to\b|with\b|as\b|by\b)[\w'./+#@-]+){0,3}?)"
_END = (
    r"(?=[.,;:!)]|$| (?:for|in|on|and|to|with|as|by|at|because|since|anymore|any more|now|but)\b)"
)
_VERB = (
    "use|uses|using|used|need|needs|support|supports|run|runs|require|requires|depend on|"
    "depends on|deploy|deploys|allow|allows|ship|ships|build|builds|test|tests|accept|accepts|have|"
    "has|want|log|store|publish|write|read|reads|send|sends|target|targets|deploy to|rely on|"
    "relies on|follow|follows|return|returns|merge|release"
)
_MOVED = "switched|switching|switch|migrated|migrating|migrate|moved|moving|went|converted|ported"
_LEFT = (
    "dropped|removed|ditched|abandoned|retired|got rid of|stopped using|stop using|gave up on|"
    "moved away from|moved off|away from"
)
_OF_NOW = r"(?: (?:for|in|on|at) .{1,60}?)? any ?(?:more|longer)\b"
_BEEN = r"(?:is|are|was|were|has been|have been|got)(?: now| just| finally| already)?"
_GONE = (
    r"(?:replaced|superseded|dropped|retired|ditched|abandoned)"
    r"(?: (?:with|by|in favou?r of)\b|[.!]?$)"
)
_KEPT = "(?:used|supported|needed|required|maintained|allowed|in use)"
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:{_MOVED}|changed)(?: \w+){{0,3}}? (?:over )?from (?:the )?{_X} (?:over )?to\b",
        rf"\breplaced? (?:the )?{_X} (?:with|by)\b",
        rf"^(?:the |our )?{_X} {_BEEN} {_GONE}",
        rf"\breplac(?:es|ing) (?:the |our )?{_X}{_END}",
        rf"\btook over from (?:the |our )?{_X}{_END}",
        rf"^(?:the |our )?{_X} gave way to\b",
        rf"\b(?:{_LEFT}) (?:the )?{_X}{_END}",
        rf"^(?:the |our )?{_X} (?:(?:is|are) no longer|isn't|aren't) {_KEPT}\b",
        rf"\bno longer (?:{_VERB}) (?:the )?{_X}{_END}",
        rf"(?:\bnot|n't) (?:{_VERB}) (?:the )?{_X}{_OF_NOW}",
        rf"\b(?:instead of|rather than) (?:the )?{_X}{_END}",
        rf", (?:and )?not (?:with |on |in )?(?:the )?{_X}[.!]?$",
    )
)
_UPGRADE = re.compile(
    r"\b(?:upgraded|downgraded|bumped|updated) (?:the )?(?P<what>[\w./+#-]+(?: [\w./+#-]+)?) from "
    r"(?P<old>v?\d\S*) to\b",
    re.IGNORECASE,
)
_ON = re.compile(
    rf"(?:\bnot(?: to)?|n't|\bno longer) (?P<verb>{_VERB}) (?P<old>(?:on|in|at|to|with) [\w'-]+"
    r"(?: [\w'-]+)??)(?: any ?(?:more|longer))?[.!]?$",
    re.IGNORECASE,
)
_TRIGGERS = word_set(
    "switched switching switch migrated migrating migrate moved moving went converted ported "
    "changed replaced replace dropped removed ditched abandoned retired rid stopped stop gave away "
    "replaces replacing superseded took "
    "longer anymore instead rather not upgraded downgraded bumped updated any don't doesn't"
)
_CHANGED = re.compile(
    r"\b(?:now|no longer|anymore|any more|again|instead|from now on|switched|replace[sd]|"
    r"superseded|migrated|scratch that|correction|not .{1,40} anymore|back to)\b",
    re.IGNORECASE,
)


def find_replaced(plain: str, text: str, words: frozenset[str]) -> tuple[str, ...]:
    """In one spelling, what no longer holds by this sentence."""
    if words.isdisjoint(_TRIGGERS):
        return ()
    found = [
        normal_name(text[match.start("old") : match.end("old")])
        for pattern in _PATTERNS
        for match in pattern.finditer(plain)
    ]
    if (upgrade := _UPGRADE.search(plain)) is not None:
        found.append(normal_name(f"{upgrade.group('what')} {upgrade.group('old')}"))
    if _is_past(words) and (on := _ON.search(plain)) is not None:
        found.append(normal_name(f"{on.group('verb')} {on.group('old')}"))
    names = (name.removesuffix(" support") for name in found)
    return tuple(dict.fromkeys(name for name in names if name))


def _is_past(words: frozenset[str]) -> bool:
    return not words.isdisjoint({"longer", "anymore", "any"})


def is_change(plain: str) -> bool:
    """Whether it says of itself that it was otherwise before."""
    return _CHANGED.search(plain) is not None
