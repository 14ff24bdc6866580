from agent_memory.memory.redaction.policy import RedactionPolicy
from agent_memory.memory.service.composition import Policies
from tests.integration.store.conftest import ALPHA, BETA


async def test_a_policy_of_redaction_has_a_version_for_each_change(policies: Policies) -> None:
    assert await policies.get_redaction(ALPHA) == (RedactionPolicy(), 0)

    policy = RedactionPolicy(allowed=frozenset({"hello \x00"}))
    assert await policies.set_redaction(ALPHA, policy) == 1
    assert await policies.set_redaction(ALPHA, policy) == 1
    assert await policies.get_redaction(ALPHA) == (policy, 1)
    assert await policies.set_redaction(ALPHA, RedactionPolicy()) == 2
    assert await policies.get_redaction(BETA) == (RedactionPolicy(), 0)


async def test_a_policy_of_retention_is_kept_as_it_is(policies: Policies) -> None:
    assert await policies.get_retention(ALPHA) is None

    await policies.set_retention(ALPHA, {"max_age_days": 30})
    await policies.set_retention(ALPHA, {"max_age_days": 60, "kinds": ["log"]})

    assert await policies.get_retention(ALPHA) == {"max_age_days": 60, "kinds": ["log"]}
    assert await policies.get_retention(BETA) is None
