"""The turns of phrase by which a sentence shows what it is."""

import re
from dataclasses import dataclass

from agent_memory.memory.kinds import ItemKind, Role

_WORK = (
    "add|adjust|adopt|automate|benchmark|bump|build|change|check|clean|configure|connect|convert|"
    "create|debug|delete|deploy|disable|document|drop|enable|extend|extract|finish|fix|handle|"
    "implement|improve|install|integrate|investigate|list|make|measure|merge|migrate|move|optimi[sz]e|"
    "parse|port|prepare|profile|publish|refactor|release|remove|rename|replace|reproduce|restore|"
    "review|rewrite|rotate|run|schedule|set up|simplify|split|support|switch|test|translate|update|"
    "upgrade|validate|verify|wire|write"
)
_CHOICE = (
    "adopt|build|deploy|drop|go with|host|keep|migrate|move|pick|replace|rewrite|run|ship|stay|stick|"
    "store|support|switch|upgrade|use|not use"
)


@dataclass(frozen=True, slots=True)
class Cue:
    """`weight`: how sure it makes, from 0 to 1."""

    kind: ItemKind
    pattern: re.Pattern[str]
    weight: float


def _cue(kind: ItemKind, weight: float, pattern: str) -> Cue:
    return Cue(kind, re.compile(pattern, re.IGNORECASE), weight)


_CUES = (
    _cue(ItemKind.DECISION, 0.9, r"\b(?:we|i|team|they|everyone)(?:'ve|'ve all| have| all| both)? "
         r"(?:finally |just |also )?(?:decided|agreed|settled|chose|opted|voted)\b"),
    _cue(ItemKind.DECISION, 0.9, r"^(?:final )?(?:decision|decided|agreed|resolved)\s*:"),
    _cue(ItemKind.DECISION, 0.85, r"\b(?:it (?:is|was|has been)|it's been) (?:decided|agreed|settled)\b"),
    _cue(ItemKind.DECISION, 0.8, r"\b(?:we|i)(?:'ll| will| won't| are going to|'re going to| am going to|'m going to|"
         rf" are not going to) (?:now |just )?(?:{_CHOICE})\b"),
    _cue(ItemKind.DECISION, 0.8, rf"\blet'?s (?:just )?(?:{_CHOICE})\b"),
    _cue(ItemKind.DECISION, 0.8, r"\b(?:we|i)(?:'re| are|'m| am)? (?:going|went) with\b"),
    _cue(ItemKind.DECISION, 0.75, r"\b(?:we|i)(?:'ve| have|'re| are)? (?:now |just )?"
         r"(?:switched|migrated|switching|migrating|standardi[sz]ed|standardi[sz]ing)\b"),
    _cue(ItemKind.DECISION, 0.7, r"\bwe (?:now |currently |only )?(?:use|are using)\b|\bwe're (?:now )?using\b"),
    _cue(ItemKind.DECISION, 0.7, r"\b(?:we|i)(?:'ve| have)? (?:changed|moved|set|updated|bumped|raised|lowered|"
         r"increased|reduced|renamed|postponed) (?:the|our)\b[^.]{1,80}\bto\b"),
    _cue(ItemKind.REQUIREMENT, 0.85, r"\b(?:requirement|acceptance criteri(?:on|a))\s*:|\b(?:is|are) (?:required|mandatory)\b"),
    _cue(ItemKind.REQUIREMENT, 0.8, r"(?<!\byou )\b(?:must|shall)\b(?! (?:have|be (?:nice|hard|tough|great|fun|so|exciting|"
         r"amazing|tired|proud|difficult))\b)"),
    _cue(ItemKind.REQUIREMENT, 0.75, r"\b(?:it|this|that|system|api|service|server|client|app|application|"
         r"code|page|function|method|endpoint|database|build|users?|clients?) (?:has to|have to|needs? to)\b"),
    _cue(ItemKind.REQUIREMENT, 0.5, r"\b(?:it|this|system|api|service|server|client|app|application|function|method|"
         r"endpoint|page) should\b"),
    _cue(ItemKind.CONSTRAINT, 0.85, r"\b(?:must not|mustn't|shall not|may not|must never|should never)\b|\b(?:is|are) "
         r"(?:forbidden|prohibited|not allowed)\b|^constraint\s*:"),
    _cue(ItemKind.CONSTRAINT, 0.8, r"^(?:please )?(?:never|always|do not|don't|only|avoid) (?!forget|worry|"
         r"be (?:sad|shy|afraid)|mind|know|think|thought|want|had|been|a\b|the\b|one\b|if\b|in\b|at\b|then\b|when\b)\w+"),
    _cue(ItemKind.CONSTRAINT, 0.75, r"\b(?:no more than|not more than|at most|at least|must not exceed|not exceed|limited to|"
         r"cannot exceed|up to|within|under|below) (?:\$|\u20ac)?\d"),
    _cue(ItemKind.CONSTRAINT, 0.7, r"\b(?:deadline|budget|limit|quota|maximum|minimum) (?:is|of|for)\b"),
    _cue(ItemKind.TASK, 0.9, r"\b(?:TODO|FIXME)\b|^\[ ?\]|^(?:action items?|next steps?|to-?do)\s*:"),
    _cue(ItemKind.TASK, 0.75, rf"^(?:please|pls|can you|could you|would you|will you)(?:,| please| also| now)? (?:{_WORK})\b"),
    _cue(ItemKind.TASK, 0.7, r"\b(?:we|i|you)(?:'ll)? (?:still |also |now )?(?:need|have|ought) to "
         rf"(?:{_WORK})\b"),
    _cue(ItemKind.TASK, 0.65, rf"\b(?:remind me to|don't forget to|remember to|make sure to|the next step is to) \w+|^(?:{_WORK}) the\b"),
    _cue(ItemKind.PREFERENCE, 0.85, r"\b(?:i|we) (?:really |usually |much |generally |'d |would )?(?:rather|prefer|favou?r)\b|"
         r"\bi'd (?:rather|prefer)\b"),
    _cue(ItemKind.PREFERENCE, 0.85, r"\b(?:my|our) favou?rite\b|\bmy preferred\b"),
    _cue(ItemKind.PREFERENCE, 0.55, r"\bi (?:really |absolutely |just |truly )?(?:like|love|enjoy|hate|dislike|"
         r"can't stand|don't like)\b"),
    _cue(ItemKind.PREFERENCE, 0.7, r"^(?:please )?call me\b|\bi (?:always|never|usually) use\b|\bi'm allergic to\b|\bi'm a vegetarian\b"),
    _cue(ItemKind.GLOSSARY, 0.85, r"\b(?:stands for|is short for|is an abbreviation (?:of|for)|is an acronym for|"
         r"is defined as|refers to)\b|\bby [\w-]+ (?:we|i) mean\b"),
    _cue(ItemKind.GLOSSARY, 0.75, r"^(?:the (?:term|word) )?[\w-]+(?: [\w-]+)? means\b"),
)  # fmt: skip
_GATE = re.compile(
    r"\b(?:we|i|let'?s|must\w*|shall|should|decid|decision|agreed|settled|resolved|require\w*|mandatory|forbidden|"
    r"prohibited|allowed|never|always|do not|don't|only|avoid|at most|at least|no more|not more|exceed|limit\w*|up to|within|"
    r"under|below|deadline|budget|quota|m[ai][xn]imum|todo|fixme|action|next step|please|pls|can you|could you|would you|"
    r"will you|remind|remember|make sure|favou?rite|preferred|stands|short for|means|mean|refers|defined|needs?|has to|"
    r"have to|constraint|call me|my|our|the|is|abbreviation|acronym)\b|\[ ?\]|:",
    re.IGNORECASE,
)
_HYPOTHETICAL = re.compile(
    r"\b(?:if|whether|could|might|would|maybe|perhaps|suppose|supposing|imagine|hypothetical(?:ly)?|unless|considering|"
    r"propos(?:e|al|ed|ing)|wonder(?:ing)?|not sure|unsure|wish|thinking (?:of|about)|in case|assuming|should we|shall we)\b",
    re.IGNORECASE,
)
_SUPPOSED = re.compile(
    r"^(?:what if|suppose|supposing|imagine|hypothetical(?:ly)?|assuming|let's (?:say|assume|suppose|imagine))\b|"
    r"\bif (?:we|i|they|you) (?:\w+ )?(?:decided|agreed|chose|used|switched|went|were|had|moved)\b",
    re.IGNORECASE,
)
_UNDECIDED = re.compile(
    r"\b(?:not|never|hardly|nobody|no one|\w+n't)(?: \w+){0,2} (?:decided?|agreed?|settled?|chosen?|chose|opted)\b|"
    r"\b(?:yet|still have) to (?:decide|agree|choose)\b|\bundecided\b",
    re.IGNORECASE,
)
_DECIDED_NOT_TO = re.compile(
    r"\b(?:decided|agreed|chose|voted) (?:not to|against)\b", re.IGNORECASE
)
_ASKS = re.compile(
    r"^(?:so |and |but |ok,? |okay,? |hmm,? )?(?:who|whom|whose|what|which|when|where|why|how|is|are|was|were|do|does|did|"
    r"should|shall|can|could|would|will|has|have|may|might|am)\b",
    re.IGNORECASE,
)
_REQUEST = re.compile(r"^(?:can|could|would|will) you\b", re.IGNORECASE)
_SMALL_TALK = re.compile(
    r"\b(?:you|your|yours|yourself|u|ya|y'all)\b|^(?:what's up|really|right|how come|why not|huh)\b",
    re.I,
)
_MIN_QUESTION_WORDS = 4

_ROLE_FACTOR = {Role.USER: 1.0, Role.SYSTEM: 0.95, Role.ASSISTANT: 0.75, Role.TOOL: 0.5}
LEAST_CONFIDENCE = 0.4
"""What is less sure than this stays in its message alone."""


@dataclass(frozen=True, slots=True)
class Classified:
    kind: ItemKind
    confidence: float


def classify(sentence: str, role: Role) -> Classified | None:
    """What a sentence without its quotations is. None: nothing, or not surely enough."""
    is_question = sentence.rstrip("\"')] ").endswith("?")
    if is_question and _REQUEST.match(sentence) is None:
        return _accept(ItemKind.QUESTION, _question_weight(sentence), role)
    if _GATE.search(sentence) is None or _ASKS.match(sentence) and _REQUEST.match(sentence) is None:
        return None
    kinds = _excluded(sentence)
    found = [cue for cue in _CUES if cue.kind not in kinds and cue.pattern.search(sentence)]
    if not found:
        return None
    best = max(found, key=lambda cue: cue.weight)
    return _accept(best.kind, best.weight, role)


def is_hypothetical(sentence: str) -> bool:
    return _HYPOTHETICAL.search(sentence) is not None


def accepted_confidence(weight: float, role: Role) -> float | None:
    """None when it is too little."""
    confidence = round(weight * _ROLE_FACTOR[role], 3)
    return confidence if confidence >= LEAST_CONFIDENCE else None


def _accept(kind: ItemKind, weight: float, role: Role) -> Classified | None:
    confidence = accepted_confidence(weight, role)
    return Classified(kind, confidence) if confidence is not None else None


def _excluded(sentence: str) -> frozenset[ItemKind]:
    """Kinds that the sentence cannot be, whatever its other words."""
    if _SUPPOSED.search(sentence) is not None:
        return _STATED
    if _UNDECIDED.search(sentence) is not None and _DECIDED_NOT_TO.search(sentence) is None:
        return frozenset({ItemKind.DECISION})
    return frozenset({ItemKind.DECISION}) if is_hypothetical(sentence) else frozenset()


_STATED = frozenset(
    {ItemKind.DECISION, ItemKind.REQUIREMENT, ItemKind.CONSTRAINT, ItemKind.PREFERENCE}
)


def _question_weight(sentence: str) -> float:
    """What people ask each other to be polite is no open question."""
    if sentence.count(" ") + 1 < _MIN_QUESTION_WORDS or _SMALL_TALK.search(sentence) is not None:
        return 0.3
    return 0.6
