"""The rules of a policy, the most specific first, and which of them a text calls for."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from agent_memory.memory.redaction.assignments import assignments
from agent_memory.memory.redaction.cards import CARDS
from agent_memory.memory.redaction.connection_strings import CONNECTION_STRINGS
from agent_memory.memory.redaction.emails import EMAILS
from agent_memory.memory.redaction.headers import HEADERS
from agent_memory.memory.redaction.high_entropy import HIGH_ENTROPY
from agent_memory.memory.redaction.ip_addresses import ip_addresses
from agent_memory.memory.redaction.phones import PHONES
from agent_memory.memory.redaction.policy import RedactionPolicy
from agent_memory.memory.redaction.private_keys import PRIVATE_KEYS
from agent_memory.memory.redaction.provider_keys import PROVIDER_KEYS
from agent_memory.memory.redaction.rule import Rule


class Rules:
    """Most texts hold no hint of a secret: each hint is looked for once, whoever gave it."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = tuple(rules)
        self._always = tuple(place for place, rule in enumerate(rules) if not rule.hints)
        by_hint: dict[str, list[int]] = {}
        for place, rule in enumerate(rules):
            for hint in rule.hints:
                by_hint.setdefault(hint, []).append(place)
        self._by_hint = tuple(by_hint.items())

    def for_text(self, folded: str) -> Iterator[Rule]:
        """Those that may find something, in their order."""
        called = set(self._always)
        for hint, places in self._by_hint:
            if hint in folded:
                called.update(places)
        return (self._rules[place] for place in sorted(called))


@lru_cache(maxsize=256)
def rules_of(policy: RedactionPolicy) -> Rules:
    """Compiled once for each policy."""
    built_in = (
        *PRIVATE_KEYS,
        *PROVIDER_KEYS,
        *CONNECTION_STRINGS,
        *HEADERS,
        *assignments(policy.assignments),
        *HIGH_ENTROPY,
        *CARDS,
        *EMAILS,
        *PHONES,
        *ip_addresses(policy.keeps_private_addresses),
    )
    custom = tuple(rule.compile() for rule in policy.custom_rules)
    return Rules(custom + tuple(rule for rule in built_in if rule.kind in policy.kinds))
