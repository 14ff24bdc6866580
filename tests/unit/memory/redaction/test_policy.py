"""Policies of redaction, as values and as JSON."""

import pytest

from agent_memory.errors import InvalidRequest
from agent_memory.json_value import Json
from agent_memory.memory.redaction.assignments import AssignmentMode
from agent_memory.memory.redaction.custom_rule import CustomRule
from agent_memory.memory.redaction.kinds import RedactionKind
from agent_memory.memory.redaction.policy import RedactionPolicy
from agent_memory.memory.redaction.policy_json import read_policy, write_policy

OTHERS = [
    RedactionPolicy(kinds=frozenset({RedactionKind.CARD})),
    RedactionPolicy(custom_rules=(CustomRule("mine", "abc"),)),
    RedactionPolicy(custom_rules=(CustomRule("mine", "abd"),)),
    RedactionPolicy(allowed=frozenset({"a@b.de"})),
    RedactionPolicy(assignments=AssignmentMode.RANDOM),
    RedactionPolicy(keeps_private_addresses=False),
]


def test_the_fingerprint_changes_with_whatever_changes_what_is_found() -> None:
    fingerprints = {policy.fingerprint for policy in [RedactionPolicy(), *OTHERS]}

    assert len(fingerprints) == len(OTHERS) + 1
    assert RedactionPolicy().fingerprint == RedactionPolicy().fingerprint


@pytest.mark.parametrize("policy", OTHERS)
def test_a_policy_comes_back_from_its_json(policy: RedactionPolicy) -> None:
    assert read_policy(write_policy(policy)) == policy


def test_what_is_left_out_is_as_by_default() -> None:
    assert read_policy({}) == RedactionPolicy()


@pytest.mark.parametrize(
    ("raw", "param"),
    [
        ({"kinds": ["nonsense"]}, "kinds"),
        ({"kinds": "email"}, "kinds"),
        ({"allowed": [1]}, "allowed"),
        ({"allowed": [""]}, "allowed"),
        ({"assignments": "sometimes"}, "assignments"),
        ({"keeps_private_addresses": 1}, "keeps_private_addresses"),
        ({"custom_rules": [{"name": "x"}]}, "custom_rules"),
        ({"custom_rules": [{"name": "x", "pattern": "a+"}]}, "custom_rules"),
        ({"custom_rules": [{"name": "x", "pattern": "ab"}] * 2}, "custom_rules"),
        ({"other": 1}, "other"),
    ],
)
def test_a_mistake_is_named_with_its_field(raw: dict[str, Json], param: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_policy(raw)

    assert refused.value.param == param
