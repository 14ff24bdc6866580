"""Jobs whose doing can be counted, and a process that runs them until it is killed.

python -m tests.integration.jobs.effects DATABASE_URL
"""

import asyncio
import sys
from dataclasses import dataclass

import psycopg

from agent_memory.ids import WorkspaceId
from agent_memory.jobs.forms import STRICT, JobForm
from agent_memory.jobs.spec import JobRun, JobSpec, Outcome
from agent_memory.jobs.worker import JobWorker, Pace
from agent_memory.store.database import Database
from agent_memory.store.job_queue import JobQueueStore
from agent_memory.work.job import JobKind, NewJob

WORKSPACE = WorkspaceId("alpha")
CREATE_EFFECTS = """
CREATE TABLE agent_memory.effects (number integer PRIMARY KEY);
CREATE TABLE agent_memory.attempts (number integer NOT NULL);
"""
DO_ONCE = "INSERT INTO agent_memory.effects VALUES (%s) ON CONFLICT DO NOTHING"
TELL = "INSERT INTO agent_memory.attempts VALUES (%s)"
FAST = Pace(num_at_once=8, heartbeat_s=0.2, silent_s=1.0, poll_s=0.1)


@dataclass(frozen=True, slots=True)
class EffectArgs:
    __pydantic_config__ = STRICT

    number: int


FORM = JobForm(JobKind.REMEMBER_EXCHANGE, EffectArgs)


def effect_job(number: int) -> NewJob:
    return NewJob(JobKind.REMEMBER_EXCHANGE, {"number": number})


class Effects:
    """Writes each number down once, and each attempt too."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def do(self, run: JobRun, workspace: WorkspaceId, args: EffectArgs) -> Outcome:
        assert workspace == WORKSPACE
        async with await psycopg.AsyncConnection.connect(self._url, autocommit=True) as connection:
            await connection.execute(TELL, (args.number,))
            await connection.execute(DO_ONCE, (args.number,))
        return {"number": args.number, "num_attempts": run.num_attempts}


async def work(url: str) -> None:
    database = Database(url, max_size=10)
    spec = JobSpec(FORM, Effects(url).do)
    await JobWorker([spec], JobQueueStore(database, url), {}, FAST).run()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1]))
