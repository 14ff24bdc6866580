"""What a statement is about, where it can be told: a newer one about the same takes its place."""

import re
from dataclasses import dataclass

from agent_memory.memory.kinds import ItemKind

_ATTRIBUTES = (
    "address|api key|base image|base url|branch|bucket|budget|bundler|capacity|channel|cloud provider|"
    "code ?name|colou?r|country|currency|database|deadline|default|dimension|domain|due date|editor|email|"
    "endpoint|engine|format|formatter|framework|frequency|height|host|hostname|id|image|interval|key|"
    "language|launch date|length|licen[cs]e|limit|linter|location|log level|maximum|minimum|mode|model|name|"
    "namespace|owner|package manager|password|path|phone number|plan|pool size|port|prefix|price|priority|"
    "project name|protocol|provider|quota|rate|rate limit|region|release date|replica count|retention|"
    "retries|retry count|runtime|schedule|schema|server|size|stack|start date|status|strategy|suffix|"
    "threshold|time zone|timeout|timezone|title|token limit|ttl|url|user ?name|version|window|zone"
)
_PHRASE = r"(?:[\w'./-]+ ){0,4}?"
_SPECIFIER = r"(?: (?:for|of|in|on|at) (?:the |our |my )?[\w'./-]+(?: [\w'./-]+)?)?"
_ATTRIBUTE = re.compile(
    rf"\b(?P<owner>the|our|my|its)? ?(?P<noun>{_PHRASE}(?:{_ATTRIBUTES}))(?P<of>{_SPECIFIER}) "
    r"(?:is|are|was changed to|is set to|should be|must be|will be|has changed to|changed to|has moved to|"
    r"moved to|is now|=) (?:now |set to |currently |always )?(?P<value>\S.*)$",
    re.IGNORECASE,
)
_CHANGE = re.compile(
    r"\b(?:changed|moved|set|updated|bumped|raised|lowered|increased|reduced|postponed|switched|renamed) "
    rf"(?P<owner>the|our|my) (?P<noun>{_PHRASE}[\w'./-]+?)(?P<of>{_SPECIFIER})(?: from .{{1,60}}?)? to (?P<value>\S.*)$",
    re.IGNORECASE,
)
_MINE = re.compile(
    r"\b(?P<owner>my) (?P<noun>(?:favou?rite|preferred|current|main|default) (?:[\w'-]+ ){0,3}?[\w'-]+)(?P<of>) "
    r"(?:is|are|has always been|used to be) (?:now |still )?(?P<value>\S.*)$",
    re.IGNORECASE,
)
_USE_FOR = re.compile(
    r"\b(?:we|i|let'?s)(?:'ll|'re|'ve)? (?:\w+ ){0,3}?(?:use|using|go with|going with|adopt|chose|picked|settled on|"
    r"decided on|opted for|standardi[sz]ed on|stick with|prefer) (?P<value>(?:[\w'./+#-]+ ){1,4}?)"
    r"(?:for|as) (?:the |our |my |all |its )?(?P<noun>[\w'./-]+(?: [\w'./-]+){0,3})[.!,;]?$",
    re.IGNORECASE,
)
_MEANS = re.compile(
    r"(?:^|\b(?:the (?:term|word)|by) )(?P<noun>[\w.-]+(?: [\w.-]+)?) (?:means|stands for|is short for|refers to|"
    r"is defined as|is an (?:abbreviation|acronym) (?:of|for)|we mean|i mean)\b",
    re.IGNORECASE,
)
_CONSTANT = re.compile(
    r"`(?P<noun>[A-Za-z_][\w.]*)`(?: in `?(?P<file>[\w./-]+\.\w+)`?)? (?:is|=|should be|must be|is set to|is now|to) "
    r"(?:now )?(?P<value>`[^`]+`|[-+]?\d\S*|true|false|none|null)(?=[\s.,;!]|$)",
    re.IGNORECASE,
)
_VAGUE = frozenset(
    "it this that these those there here they he she we i you what which who one thing things something anything "
    "everything nothing reason problem issue question answer point idea whole same next last first other".split()
)
_LEADING = re.compile(
    r"^(?:the|our|my|your|his|her|their|its|a|an|new|now|current|currently|actual)\s+", re.I
)
_NO_VALUE = re.compile(
    r"(?:not|n't|unknown|unclear|tbd|undecided|wrong|broken|missing|important|too|very|so|really|great|good|bad|nice|"
    r"amazing|fine|ok|okay|that|what|how|why|when|where|to|because)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Subject:
    """`kind`: what the sentence is when no turn of phrase says so; `weight`: how surely."""

    name: str
    kind: ItemKind
    weight: float


def find_subject(sentence: str, plain: str, speaker: str) -> Subject | None:
    """None when it is not clear. `plain`: the sentence with its quotations made unreadable, which
    is as long. `speaker`: whose `my` is meant."""
    if (constant := _CONSTANT.search(sentence)) is not None:
        file = constant.group("file")
        name = constant.group("noun") + (f" in {file}" if file else "")
        return Subject(name, ItemKind.CONSTRAINT, 0.75)
    if (meaning := _MEANS.search(plain)) is not None:
        name = _normal(sentence[meaning.start("noun") : meaning.end("noun")])
        return Subject(f"meaning of {name}", ItemKind.GLOSSARY, 0.85) if name else None
    for pattern, kind, weight in _FORMS:
        match = pattern.search(plain)
        if match is not None and (name := _name(match, sentence, speaker)) is not None:
            return Subject(name, kind, weight)
    if (use := _USE_FOR.search(plain)) is not None:
        name = _normal(sentence[use.start("noun") : use.end("noun")])
        return Subject(f"used for {name}", ItemKind.DECISION, 0.7) if name else None
    return None


_FORMS = (
    (_MINE, ItemKind.PREFERENCE, 0.85),
    (_CHANGE, ItemKind.DECISION, 0.7),
    (_ATTRIBUTE, ItemKind.CONSTRAINT, 0.7),
)


def _name(match: re.Match[str], sentence: str, speaker: str) -> str | None:
    if _NO_VALUE.match(match.group("value")) is not None:
        return None
    noun = _normal(sentence[match.start("noun") : match.end("noun")])
    of = _normal_specifier(sentence[match.start("of") : match.end("of")])
    if not noun or noun.split()[0] in _VAGUE:
        return None
    owner = (match.group("owner") or "").lower()
    name = f"{of} {noun}" if of else noun
    if owner == "its":
        return None
    return f"{speaker}'s {name}" if owner == "my" else name


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
