"""A workspace's rules for what is removed from its texts before they are stored."""

import hashlib
import json
from dataclasses import dataclass
from typing import Final

from agent_memory.errors import InvalidRequest
from agent_memory.memory.redaction.assignments import AssignmentMode
from agent_memory.memory.redaction.custom_rule import CustomRule
from agent_memory.memory.redaction.kinds import DEFAULT_KINDS, RedactionKind

RULES_VERSION: Final = 1
"""Of what the built-in rules find; raised with every change to them."""
MAX_CUSTOM_RULES = 50
MAX_ALLOWED = 1_000
MAX_ALLOWED_LENGTH = 500


@dataclass(frozen=True, slots=True)
class RedactionPolicy:
    """By default all secrets, e-mail addresses, cards and phone numbers; not addresses of machines.

    allowed: texts that stay wherever they stand alone as what would be removed, such as a public
    support address; one that begins with `@` lets all addresses of that domain stay.
    keeps_private_addresses: of IP addresses, only those that the internet can reach are removed.
    Raises `InvalidRequest` for what is out of bounds.
    """

    kinds: frozenset[RedactionKind] = DEFAULT_KINDS
    custom_rules: tuple[CustomRule, ...] = ()
    allowed: frozenset[str] = frozenset()
    assignments: AssignmentMode = AssignmentMode.LITERAL
    keeps_private_addresses: bool = True

    def __post_init__(self) -> None:
        if len(self.custom_rules) > MAX_CUSTOM_RULES:
            raise InvalidRequest(f"At most {MAX_CUSTOM_RULES} rules can be added.", "custom_rules")
        names = [rule.name for rule in self.custom_rules]
        if len(set(names)) < len(names):
            raise InvalidRequest("Two redaction rules have the same name.", "custom_rules")
        if len(self.allowed) > MAX_ALLOWED:
            raise InvalidRequest(f"At most {MAX_ALLOWED} texts can be allowed.", "allowed")
        if any(not text or len(text) > MAX_ALLOWED_LENGTH for text in self.allowed):
            raise InvalidRequest(
                f"An allowed text has 1 to {MAX_ALLOWED_LENGTH} characters.", "allowed"
            )

    @property
    def fingerprint(self) -> str:
        """Names what this policy finds (16 hexadecimal digits): a row that was stored under
        another one is to be redacted again."""
        found = {
            "rules": RULES_VERSION,
            "kinds": sorted(self.kinds),
            "custom": sorted((rule.name, rule.pattern) for rule in self.custom_rules),
            "allowed": sorted(self.allowed),
            "assignments": self.assignments,
            "keeps_private_addresses": self.keeps_private_addresses,
        }
        return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()[:16]

    def allows(self, found: str) -> bool:
        """Whether this stays although a rule finds it."""
        if not self.allowed:
            return False
        _, at, domain = found.rpartition("@")
        return found in self.allowed or bool(at and f"@{domain}" in self.allowed)
