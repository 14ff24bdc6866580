"""Redacting again what was stored before the policy was what it is."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from agent_memory.ids import MaterialId, WorkspaceId
from agent_memory.jobs.forms import NoArgs
from agent_memory.jobs.ports import Jobs
from agent_memory.jobs.spec import JobRun, Outcome
from agent_memory.memory.redaction.again import Reworded, StoredMaterial, redact_again
from agent_memory.memory.redaction.policy import RedactionPolicy
from agent_memory.memory.service.jobs import ONE_AT_A_TIME
from agent_memory.work.job import JobKind, NewJob

BATCH = 50


class Policies(Protocol):
    async def get_redaction(self, workspace: WorkspaceId) -> tuple[RedactionPolicy, int]:
        """The policy in force and its version."""
        ...


class Outdated(Protocol):
    """Materials that were redacted by an older version of the policy."""

    async def list_outdated(
        self, workspace: WorkspaceId, version: int, after: str, limit: int
    ) -> Sequence[StoredMaterial]:
        """Those whose ids come after `after`, in the order of ids."""
        ...

    async def approve(
        self, workspace: WorkspaceId, materials: Sequence[MaterialId], version: int
    ) -> None: ...

    async def reword(
        self, workspace: WorkspaceId, before: StoredMaterial, after: Reworded, version: int
    ) -> bool:
        """False when it was changed or erased meanwhile."""
        ...


class RedactAgain:
    """The job that carries a new policy to what is stored. What is under legal hold stays as it
    is, and is counted."""

    def __init__(self, policies: Policies, outdated: Outdated, jobs: Jobs) -> None:
        self._policies = policies
        self._outdated = outdated
        self._jobs = jobs

    async def do(self, run: JobRun, workspace: WorkspaceId, args: NoArgs) -> Outcome:
        del args
        policy, version = await self._policies.get_redaction(workspace)
        counts = {"version": version, "num_materials": 0, "num_items": 0, "num_held": 0}
        after = ""
        while batch := await self._outdated.list_outdated(workspace, version, after, BATCH):
            after = batch[-1].material_id
            free = [material for material in batch if not material.is_held]
            counts["num_materials"] += len(batch)
            counts["num_held"] += len(batch) - len(free)
            counts["num_items"] += await self._redact(workspace, free, policy, version)
            await run.note({**counts})
        if counts["num_items"]:
            for kind in (JobKind.EMBED_ITEMS, JobKind.CONSOLIDATE):
                await self._jobs.enqueue_job(workspace, NewJob(kind, once=ONE_AT_A_TIME))
        return {**counts}

    async def _redact(
        self,
        workspace: WorkspaceId,
        materials: Sequence[StoredMaterial],
        policy: RedactionPolicy,
        version: int,
    ) -> int:
        """How many items changed."""
        clean: list[MaterialId] = []
        num_items = 0
        for material in materials:
            reworded = await asyncio.to_thread(redact_again, material, policy)
            if reworded is None:
                clean.append(material.material_id)
            elif await self._outdated.reword(workspace, material, reworded, version):
                num_items += len(reworded.material.wordings)
        await self._outdated.approve(workspace, clean, version)
        return num_items
