"""The words of a sentence before its statement: where the statement holds.

`For the EU cluster, …`, `billing: …`, `In staging the …`, a heading above. What is neither that
nor an empty turn of phrase leaves the scope unknown, and then a statement has no subject: two
facts that only look alike must not retire each other.
"""

import re
from dataclasses import dataclass

from agent_memory.memory.extraction.names import normal_scope

_LEAD_IN = re.compile(
    r"(?:(?:ok(?:ay)?|no|nope|yes|yeah|so|and|but|also|then|now|actually|well|fyi|btw|nb|sorry|wait|"
    r"by the way|please note(?: that)?|note(?: that)?|update|correction|decision|decided|agreed|"
    r"resolved|remember(?: that)?|scratch that|never ?mind|from now on|for now|currently|finally|"
    r"in fact|to be clear|hint|info|reminder|constraint|requirement|rule|important|for the record|"
    r"i think(?: that)?|edit|heads up|just|new|quick note|good news|hey|hi(?: all)?|thanks|"
    r"as (?:i|we|you) \w+(?: \w+)?|(?:we|i)(?:'ve| have)? (?:\w+ )?(?:decided|agreed|said) that|"
    r"everyone|everybody|folks|all(?=[:,])|"
    r"as of (?:today|now|this week)|starting (?:today|now)|today|meanwhile|instead|please)"
    r"(?:[,:;.!\u2014]+ *| - | (?!of\b|the\b.{0,40}\bof\b$)))",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"(?:\[(?P<bracket>[^\]\n]{1,40})\]:?|\*\*(?P<bold>[^*\n]{1,40})\*\*:?|"
    r"(?P<plain>[\w`'][\w`./#&' ()-]{0,40}?)(?: ?:| -| \u2013| \u2014))\s+(?=\S)"
)
_WHERE = (
    r"for|in|on|at|with|within|inside|outside|during|after|before|under|regarding|concerning|about|"
    r"as for|when|while|without|using|except|unless|among|behind|below|above|between|across|per"
)
_CLAUSE = re.compile(rf"(?P<clause>(?:{_WHERE})\b[^,;:]{{1,80}}), *(?=\S)", re.IGNORECASE)
_BARE_CLAUSE = re.compile(
    rf"(?P<clause>(?:{_WHERE}) (?:(?:the|our|my|a|an|all) )?[\w./'-]+(?: [\w./'-]+){{0,3}}?) "
    r"(?=(?:the|our|my|we|i|let's|use) )",
    re.IGNORECASE,
)
_MAX_PARTS = 4
_TELLS = re.compile(r"(?:we|i|they|you|it|that|this|there)(?:'\w+)? ", re.IGNORECASE)
"""A clause of its own before the colon (`We failed over: …`) is no place."""
_TASK_MARK = re.compile(r"(?:to-?do|fixme|x)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Scoped:
    """A sentence from character `begin` on, and where that holds; "" is everywhere. `is_for`: it
    says what for."""

    begin: int
    scope: str
    is_for: bool = False


def read_scope(sentence: str, plain: str, heading: str = "") -> Scoped:
    """`plain`: the sentence with its quotations made unreadable, which is as long. `heading`: what
    stands above it."""
    parts = [normal_scope(heading)] if heading else []
    begin, is_for = 0, False
    for _ in range(_MAX_PARTS):
        if (lead := _LEAD_IN.match(plain, begin)) is not None and lead.end() > begin:
            begin = lead.end()
            continue
        found = _LABEL.match(sentence, begin) or _CLAUSE.match(plain, begin)
        found = found or _BARE_CLAUSE.match(plain, begin)
        if found is None:
            break
        name = found.lastgroup or ""
        text = sentence[found.start(name) : found.end(name)]
        if _TASK_MARK.match(text) is not None:
            break
        if name == "plain" and _TELLS.match(text) is not None:
            begin = found.end()
            continue
        parts.append(normal_scope(text))
        is_for = text[:4].lower() == "for "
        begin = found.end()
    return Scoped(begin, " ".join(part for part in parts if part), is_for and len(parts) == 1)
