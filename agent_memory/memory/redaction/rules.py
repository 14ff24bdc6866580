"""The rules of a policy, the most specific first."""

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


@lru_cache(maxsize=256)
def rules_of(policy: RedactionPolicy) -> tuple[Rule, ...]:
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
    return custom + tuple(rule for rule in built_in if rule.kind in policy.kinds)
