"""Which kind of statement a sentence is, and how sure that is."""

import re
from dataclasses import dataclass

from agent_memory.memory.extraction.cues import CUES
from agent_memory.memory.items.kinds import ItemKind, Role
from agent_memory.memory.search.identifiers import word_set

_WORD = re.compile(r"[^\W_][\w'-]*|\[")
_HYPOTHETICAL = word_set(
    "if whether could might would maybe perhaps suppose supposing imagine hypothetical "
    "hypothetically unless considering propose proposal proposed proposing wonder wondering "
    "unsure wish assuming"
)
_SUPPOSED = re.compile(
    r"^(?:what if|suppose|supposing|imagine|hypothetical(?:ly)?|assuming|"
    r"let's (?:say|assume|suppose|imagine))\b|"
    r"\bif (?:we|i|they|you) (?:\w+ )?(?:decided|agreed|chose|used|switched|went|were|had|moved)\b",
    re.IGNORECASE,
)
_UNSURE = re.compile(r"\b(?:not sure|thinking (?:of|about)|in case|should we|shall we)\b", re.I)
_UNDECIDED = re.compile(
    r"\b(?:not|never|hardly|nobody|no one|\w+n't)(?: \w+){0,2} "
    r"(?:decided?|agreed?|settled?|chosen?|chose|opted|use|using)\b|"
    r"\b(?:yet|still have) to (?:decide|agree|choose)\b|\bundecided\b",
    re.IGNORECASE,
)
_AGAINST = re.compile(
    r"\b(?:decided|agreed|chose|voted) (?:not to|against)\b|\b(?:won't|will not|not going to|"
    r"no longer) (?:\w+ )?use\b",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"(?:so |and |but |ok,? |okay,? |hmm,? )?(?:who|whom|whose|what|which|when|where|why|how|is|"
    r"are|was|were|do|does|did|should|shall|can|could|would|will|has|have|may|might|am)\b"
    r"(?! not\b)",
    re.IGNORECASE,
)
_REQUEST = re.compile(r"(?:can|could|would|will) you\b", re.IGNORECASE)
_OURS = word_set("we our us should shall i my")
_YOURS = word_set("you your yours u ya")
_TECHNICAL = re.compile(r"`|\w_\w|\w/\w|\d|\b[A-Z]{2,}\b|\(\)")
_MIN_QUESTION_WORDS = 4
_QUESTION, _SMALL_TALK = 0.6, 0.3

_ROLE_FACTOR = {Role.USER: 1.0, Role.SYSTEM: 0.95, Role.ASSISTANT: 0.75, Role.TOOL: 0.5}
LEAST_CONFIDENCE = 0.4
"""A statement that is less sure than this stays in its message alone."""
_STATED = frozenset(
    {ItemKind.DECISION, ItemKind.REQUIREMENT, ItemKind.CONSTRAINT, ItemKind.PREFERENCE}
)
_RULES = frozenset({ItemKind.REQUIREMENT, ItemKind.CONSTRAINT, ItemKind.TASK})


@dataclass(frozen=True, slots=True)
class Classified:
    kind: ItemKind
    confidence: float


def words_of(sentence: str) -> frozenset[str]:
    return frozenset(_WORD.findall(sentence.lower()))


def classify(sentence: str, words: frozenset[str], role: Role) -> Classified | None:
    """What a sentence without its quotations is. None: nothing, or not surely enough."""
    is_request = _REQUEST.match(sentence) is not None
    if is_question(sentence) and not is_request:
        return accept(ItemKind.QUESTION, _question_weight(sentence, words), role)
    found = [
        cue for cue in CUES if not cue.words.isdisjoint(words) and cue.pattern.search(sentence)
    ]
    if not found or (not is_request and _ASKS.match(sentence) is not None):
        return None
    excluded = _excluded(sentence, words)
    kept = [cue for cue in found if cue.kind not in excluded]
    if not kept:
        return None
    best = max(kept, key=lambda cue: cue.weight)
    return accept(best.kind, best.weight, role)


def is_question(sentence: str) -> bool:
    return sentence.rstrip("\"')] ").endswith("?")


def is_hypothetical(sentence: str, words: frozenset[str]) -> bool:
    return not words.isdisjoint(_HYPOTHETICAL) or _UNSURE.search(sentence) is not None


def accept(kind: ItemKind, weight: float, role: Role) -> Classified | None:
    """None when it is not sure enough, coming from this role."""
    confidence = round(weight * _ROLE_FACTOR[role], 3)
    return Classified(kind, confidence) if confidence >= LEAST_CONFIDENCE else None


def _excluded(sentence: str, words: frozenset[str]) -> frozenset[ItemKind]:
    """Kinds that the sentence cannot be, whatever its other words."""
    if _SUPPOSED.search(sentence) is not None:
        return _STATED
    excluded: frozenset[ItemKind] = frozenset()
    if sentence.endswith("!") and _TECHNICAL.search(sentence) is None and "please" not in words:
        excluded = _RULES
    if _UNDECIDED.search(sentence) is not None and _AGAINST.search(sentence) is None:
        return excluded | {ItemKind.DECISION}
    return excluded | {ItemKind.DECISION} if is_hypothetical(sentence, words) else excluded


def _question_weight(sentence: str, words: frozenset[str]) -> float:
    """A question that people ask to be polite is no open question."""
    if len(words) < _MIN_QUESTION_WORDS:
        return _SMALL_TALK
    if _TECHNICAL.search(sentence) is not None:
        return _QUESTION
    is_ours = not words.isdisjoint(_OURS) and words.isdisjoint(_YOURS)
    return _QUESTION if is_ours else _SMALL_TALK
