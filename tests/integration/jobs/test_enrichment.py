"""A language model reads what was remembered, when one is set; its failures are seen."""

import orjson
import pytest

from agent_memory.errors import EnricherRefused, EnricherUnavailable, InvalidRequest
from agent_memory.host.job_specs import memory_specs
from agent_memory.ids import ThreadId
from agent_memory.jobs.spec import JobRun, Outcome
from agent_memory.memory.estimated_tokens import EstimatedTokens
from agent_memory.memory.items.chat_message import ChatMessage
from agent_memory.memory.items.kinds import ItemKind, Role
from agent_memory.memory.ports import TokenCounter
from agent_memory.memory.service.composition import World
from agent_memory.memory.service.ingest import IngestRequest
from agent_memory.memory.service.memory import Memory
from agent_memory.memory.service.words_only import WordsOnly
from agent_memory.providers.chat_model import ENRICHER, OpenAiChat
from agent_memory.providers.retrying import Backoff
from agent_memory.providers.upstream import Upstream
from agent_memory.store.database import Database
from agent_memory.store.jobs import JobStore
from agent_memory.store.memory.items import ItemStore
from agent_memory.store.stored_memory import stored_memory
from agent_memory.work.job import JobKind
from tests.integration.jobs.conftest import NOW
from tests.integration.jobs.effects import WORKSPACE
from tests.integration.providers.scripted_server import (
    Answer,
    Request,
    ScriptedServer,
    scripted_server,
)

SAID = "The bakery at the corner closes at six."


@pytest.fixture
def memory(database: Database) -> Memory:
    async def estimated() -> TokenCounter:
        return EstimatedTokens()

    world = World(WordsOnly(), WordsOnly(), estimated, lambda: NOW)
    return stored_memory(database, world, is_enriched=True)


def finds(request: Request) -> Answer:
    """The statement, in the words of a model that likes to talk."""
    assert SAID in request.body["messages"][1]["content"]
    statements = [
        {"kind": "constraint", "quote": SAID},
        {"kind": "decision", "quote": "We buy the bakery."},
    ]
    content = f"Here you are:\n{orjson.dumps({'statements': statements}).decode()}"
    return Answer({"choices": [{"message": {"role": "assistant", "content": content}}]})


async def no_pause(_: float) -> None:
    return None


def enricher(server: ScriptedServer) -> OpenAiChat:
    backoff = Backoff(max_attempts=2)
    upstream = Upstream(f"{server.url}/v1", {}, 5.0, backoff, no_pause, ENRICHER)
    return OpenAiChat(upstream, "small-model")


async def enrich(database: Database, server: ScriptedServer, material: str) -> Outcome:
    model = enricher(server)
    specs = memory_specs(database, WordsOnly(), model)
    [spec] = [spec for spec in specs if spec.kind is JobKind.ENRICH]

    async def note(_: Outcome) -> None:
        return None

    try:
        return await spec.run(JobRun(1, 0, note), WORKSPACE, {"material_id": material})
    finally:
        await model.close()


async def remember(memory: Memory) -> str:
    chat = (ChatMessage(Role.USER, SAID),)
    done = await memory.ingest.ingest(WORKSPACE, IngestRequest(ThreadId("t"), chat=chat))
    [material] = done.remembered.materials
    return material


async def test_what_comes_in_is_queued_for_the_enricher(memory: Memory, jobs: JobStore) -> None:
    material = await remember(memory)

    page, _ = await jobs.list_jobs(WORKSPACE, kind=JobKind.ENRICH)

    [job] = page
    assert job.args == {"material_id": material}


async def test_a_statement_that_it_quotes_is_remembered_once(
    memory: Memory, database: Database
) -> None:
    material = await remember(memory)
    with scripted_server(finds) as server:
        first = await enrich(database, server, material)
        again = await enrich(database, server, material)

    assert first == {"model": "small-model", "num_added": 1, "num_known": 0, "num_unfounded": 1}
    assert (again["num_added"], again["num_known"]) == (0, 1)
    kinds = frozenset({ItemKind.CONSTRAINT.value})
    [item] = await ItemStore(database).list_items(WORKSPACE, kinds, None, None, 10)
    assert (item.text, item.role, item.material_id) == (SAID, Role.USER, material)
    assert item.metadata == {"enriched_by": "small-model"}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer({"error": "busy"}, 503), EnricherUnavailable),
        (Answer({"error": "who are you?"}, 401), EnricherRefused),
        (Answer({"choices": [{"message": {"content": "No."}}]}), InvalidRequest),
        (Answer({"choices": []}), EnricherUnavailable),
    ],
)
async def test_a_failure_fails_the_job_in_words_and_loses_nothing(
    memory: Memory, database: Database, answer: Answer, error: type[Exception]
) -> None:
    material = await remember(memory)
    with scripted_server(lambda _: answer) as server, pytest.raises(error, match="nricher"):
        await enrich(database, server, material)

    kinds = frozenset({ItemKind.CHAT.value})
    [item] = await ItemStore(database).list_items(WORKSPACE, kinds, None, None, 10)
    assert item.text == SAID
