"""A policy of redaction as JSON: how it is sent, and how it is stored."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from agent_memory.errors import InvalidRequest
from agent_memory.json_value import Json
from agent_memory.memory.redaction.assignments import AssignmentMode
from agent_memory.memory.redaction.custom_rule import CustomRule
from agent_memory.memory.redaction.kinds import DEFAULT_KINDS, RedactionKind
from agent_memory.memory.redaction.policy import RedactionPolicy

_FIELDS = {"kinds", "custom_rules", "allowed", "assignments", "keeps_private_addresses"}
_Word = TypeVar("_Word", bound=StrEnum)


def write_policy(policy: RedactionPolicy) -> dict[str, Json]:
    """The same policy gives the same JSON."""
    return {
        "kinds": [str(kind) for kind in sorted(policy.kinds)],
        "custom_rules": [
            {"name": rule.name, "pattern": rule.pattern} for rule in policy.custom_rules
        ],
        "allowed": [*sorted(policy.allowed)],
        "assignments": str(policy.assignments),
        "keeps_private_addresses": policy.keeps_private_addresses,
    }


def read_policy(raw: Mapping[str, Json]) -> RedactionPolicy:
    """A field that is left out is as by default. Raises `InvalidRequest`, naming the field."""
    for name in raw:
        if name not in _FIELDS:
            raise InvalidRequest(f"A redaction policy has no field {name[:60]!r}.", name[:60])
    kinds = raw.get("kinds")
    keeps_private = raw.get("keeps_private_addresses", True)
    if not isinstance(keeps_private, bool):
        raise InvalidRequest(
            "keeps_private_addresses must be a boolean.", "keeps_private_addresses"
        )
    return RedactionPolicy(
        kinds=DEFAULT_KINDS
        if kinds is None
        else frozenset(_word(RedactionKind, kind, "kinds") for kind in _strings(kinds, "kinds")),
        custom_rules=_custom_rules(raw.get("custom_rules") or []),
        allowed=frozenset(_strings(raw.get("allowed") or [], "allowed")),
        assignments=_word(
            AssignmentMode, raw.get("assignments") or AssignmentMode.LITERAL, "assignments"
        ),
        keeps_private_addresses=keeps_private,
    )


def _strings(raw: Json, param: str) -> list[str]:
    if not isinstance(raw, list):
        raise InvalidRequest(f"{param} must be a list of strings.", param)
    strings = [text for text in raw if isinstance(text, str)]
    if len(strings) < len(raw):
        raise InvalidRequest(f"{param} must be a list of strings.", param)
    return strings


def _word(words: type[_Word], raw: Json, param: str) -> _Word:
    try:
        return words(str(raw))
    except ValueError as error:
        known = ", ".join(words)
        raise InvalidRequest(f"{str(raw)[:60]!r} is unknown; use: {known}.", param) from error


def _custom_rules(raw: Json) -> tuple[CustomRule, ...]:
    if not isinstance(raw, list):
        raise InvalidRequest("custom_rules must be a list of rules.", "custom_rules")
    return tuple(_custom_rule(rule) for rule in raw)


def _custom_rule(raw: Json) -> CustomRule:
    if isinstance(raw, dict) and raw.keys() == {"name", "pattern"}:
        name, pattern = raw["name"], raw["pattern"]
        if isinstance(name, str) and isinstance(pattern, str):
            return CustomRule(name, pattern)
    raise InvalidRequest("A rule needs a name and a pattern, both strings.", "custom_rules")
