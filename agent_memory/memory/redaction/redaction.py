"""Secrets and personal data are replaced by marks: `[redacted:github_token]`.

A text that was redacted comes back as it is, so that redacting again is safe whenever a rule is
added. The time is linear in the length of the text.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from agent_memory.memory.redaction.kinds import PERSONAL
from agent_memory.memory.redaction.marks import between_marks, mark_of
from agent_memory.memory.redaction.policy import RedactionPolicy
from agent_memory.memory.redaction.redacted import Redacted, Removal
from agent_memory.memory.redaction.rule import fold
from agent_memory.memory.redaction.rules import Rules, rules_of

MAX_PASSES = 32
"""The rest around a mark may read as something else; nearly always one pass finds all."""


def redact(text: str, policy: RedactionPolicy) -> Redacted:
    """The text without what the policy removes, and what that was."""
    removed: tuple[Removal, ...] = ()
    rules = rules_of(policy)
    for _ in range(MAX_PASSES):
        redacted, places = _apply(text, removed)
        found = _find(redacted, rules, policy)
        if not found:
            return Redacted(redacted, removed)
        removed = _add(removed, [_place_back(removal, places) for removal in found])
    return Redacted(_apply(text, removed)[0], removed)


def _find(text: str, rules: Rules, policy: RedactionPolicy) -> list[Removal]:
    found: list[Removal] = []
    for begin, end in between_marks(text):
        if begin < end:
            found += _find_in_stretch(text[begin:end], begin, rules, policy)
    return found


def _find_in_stretch(
    text: str, offset: int, rules: Rules, policy: RedactionPolicy
) -> Iterator[Removal]:
    folded = fold(text)
    secrets: list[Removal] = []
    personal: list[Removal] = []
    for rule in rules.for_text(folded):
        into = personal if rule.kind in PERSONAL else secrets
        into += (
            Removal(rule.kind, offset + span.begin, offset + span.end)
            for span in rule.find(text, folded)
            if not policy.allows(text[span.begin : span.end])
        )
    if secrets or personal:
        yield from _settle(secrets, personal)


def _settle(secrets: list[Removal], personal: list[Removal]) -> list[Removal]:
    """A personal datum that touches a secret is part of it: the secret's kind is what to name."""
    settled = _merge(secrets)
    candidates = _merge(personal)
    taken = iter(settled)
    current = next(taken, None)
    kept = []
    for datum in candidates:
        while current and current.end <= datum.begin:
            current = next(taken, None)
        if current is None or datum.end <= current.begin:
            kept.append(datum)
    return sorted(settled + kept, key=lambda removal: removal.begin)


def _merge(found: Iterable[Removal]) -> list[Removal]:
    """Those that overlap become one, which bears the kind of the longest; of equally long ones, of
    the most specific, which comes first."""
    merged: list[_Cluster] = []
    for removal in sorted(
        found, key=lambda removal: removal.begin
    ):  # stable: rules keep their order
        if merged and removal.begin < merged[-1].end:
            merged[-1].take(removal)
        else:
            merged.append(_Cluster(removal))
    return [cluster.removal for cluster in merged]


class _Cluster:
    """Removals that overlap."""

    __slots__ = ("_begin", "_longest", "end")

    def __init__(self, first: Removal) -> None:
        self._begin = first.begin
        self._longest = first
        self.end = first.end

    def take(self, removal: Removal) -> None:
        self.end = max(self.end, removal.end)
        if removal.end - removal.begin > self._longest.end - self._longest.begin:
            self._longest = removal

    @property
    def removal(self) -> Removal:
        return Removal(self._longest.kind, self._begin, self.end)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a stretch that was kept begins, in the redacted text and in the text as it came."""

    redacted: int
    original: int


def _apply(text: str, removed: Sequence[Removal]) -> tuple[str, list[_Place]]:
    parts: list[str] = []
    places = [_Place(0, 0)]
    begin = length = 0
    for removal in removed:
        mark = mark_of(removal.kind)
        parts += (text[begin : removal.begin], mark)
        length += removal.begin - begin + len(mark)
        begin = removal.end
        places.append(_Place(length, begin))
    parts.append(text[begin:])
    return "".join(parts), places


def _place_back(removal: Removal, places: Sequence[_Place]) -> Removal:
    """A removal from the redacted text, counted in the text as it came."""
    low, high = 0, len(places)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if places[middle].redacted <= removal.begin else (low, middle)
    shift = places[low].original - places[low].redacted
    return Removal(removal.kind, removal.begin + shift, removal.end + shift)


def _add(removed: Sequence[Removal], further: Iterable[Removal]) -> tuple[Removal, ...]:
    return tuple(sorted([*removed, *further], key=lambda removal: removal.begin))
