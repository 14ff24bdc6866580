"""Leaving work for later."""

from typing import Protocol

from agent_memory.ids import JobId, WorkspaceId
from agent_memory.work.job import NewJob

ONE_AT_A_TIME = "all"
"""The `once` of jobs that do all there is to do in a workspace."""


class Jobs(Protocol):
    async def enqueue_job(self, workspace: WorkspaceId, job: NewJob) -> JobId:
        """Queue a job; where one of the same `once` waits already, that one's id."""
        ...
