"""The redaction policy of a workspace."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from agent_memory.ids import WorkspaceId
from agent_memory.json_value import Json
from agent_memory.memory.redaction.policy import RedactionPolicy
from agent_memory.memory.redaction.policy_json import read_policy, write_policy
from agent_memory.memory.service.jobs import ONE_AT_A_TIME, Jobs
from agent_memory.work.job import JobKind, NewJob


class RedactionPolicyStore(Protocol):
    async def get_redaction(self, workspace: WorkspaceId) -> tuple[RedactionPolicy, int]: ...

    async def set_redaction(self, workspace: WorkspaceId, policy: RedactionPolicy) -> int: ...


@dataclass(frozen=True, slots=True)
class RedactionSetting:
    """The policy in force. `job_id`: of the job that redacts again what was stored before."""

    policy: Mapping[str, Json]
    version: int
    job_id: str | None = None


class Redaction:
    """Read and set the policy."""

    def __init__(self, policies: RedactionPolicyStore, jobs: Jobs) -> None:
        self._policies = policies
        self._jobs = jobs

    async def get(self, workspace: WorkspaceId) -> RedactionSetting:
        """The policy in force; the default one has version 0."""
        policy, version = await self._policies.get_redaction(workspace)
        return RedactionSetting(write_policy(policy), version)

    async def set(self, workspace: WorkspaceId, raw: Mapping[str, Json]) -> RedactionSetting:
        """From now on; what is stored already is redacted again by a job.

        Raises `InvalidRequest`, naming the field, for what is no policy.
        """
        policy = read_policy(raw)
        before, version_before = await self._policies.get_redaction(workspace)
        if policy == before:
            return RedactionSetting(write_policy(policy), version_before)
        version = await self._policies.set_redaction(workspace, policy)
        job = await self._jobs.enqueue_job(
            workspace, NewJob(JobKind.REDACT_AGAIN, once=ONE_AT_A_TIME)
        )
        return RedactionSetting(write_policy(policy), version, job)
