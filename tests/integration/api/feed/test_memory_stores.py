"""Memory stores as Anthropic's own client reads and writes them."""

import hashlib
from collections.abc import AsyncIterator

import anthropic
import httpx
import pytest
from anthropic import AsyncAnthropic

from agent_memory.access.principal import ApiKeyRecord
from agent_memory.store.keys import KeyStore
from tests.integration.api.feed.conftest import OTHER

STORE = "memstore_team"


@pytest.fixture
async def claude(port: int, held: tuple[ApiKeyRecord, str]) -> AsyncIterator[AsyncAnthropic]:
    base = f"http://127.0.0.1:{port}"
    async with AsyncAnthropic(api_key=held[1], base_url=base, max_retries=0) as client:
        yield client


async def test_a_memory_is_a_context_in_both_directions(
    claude: AsyncAnthropic, client: httpx.AsyncClient
) -> None:
    memories = claude.beta.memory_stores.memories
    made = await memories.create(STORE, path="/notes/plan.md", content="plan A ü")
    assert made.path == "/notes/plan.md"
    assert made.content is None
    assert made.content_sha256 == hashlib.sha256("plan A ü".encode()).hexdigest()
    assert made.content_size_bytes == 9
    context = (await client.get(f"/v1/contexts/{STORE}/notes/plan.md")).json()
    assert (context["data"], context["version"]) == ("plan A ü", 1)
    body = {"data": "plan B", "format": "text"}
    await client.put(f"/v1/contexts/{STORE}/notes/plan.md", json=body)
    read = await memories.retrieve(made.id, memory_store_id=STORE)
    assert (read.id, read.content) == (made.id, "plan B")
    assert read.memory_version_id.endswith("_2")


async def test_updates_compare_and_set_by_the_hash_of_the_content(claude: AsyncAnthropic) -> None:
    memories = claude.beta.memory_stores.memories
    made = await memories.create(STORE, path="/a.md", content="1")
    same = await memories.update(made.id, memory_store_id=STORE, content="1")
    assert same.memory_version_id == made.memory_version_id
    changed = await memories.update(
        made.id,
        memory_store_id=STORE,
        content="2",
        view="full",
        precondition={"type": "content_sha256", "content_sha256": made.content_sha256},
    )
    assert changed.content == "2"
    with pytest.raises(anthropic.ConflictError):
        await memories.update(
            made.id,
            memory_store_id=STORE,
            content="3",
            precondition={"type": "content_sha256", "content_sha256": made.content_sha256},
        )
    with pytest.raises(anthropic.ConflictError):
        await memories.create(STORE, path="/a.md", content="again")
    with pytest.raises(anthropic.ConflictError):
        await memories.delete(
            made.id, memory_store_id=STORE, expected_content_sha256=made.content_sha256
        )
    gone = await memories.delete(made.id, memory_store_id=STORE)
    assert (gone.id, gone.type) == (made.id, "memory_deleted")
    with pytest.raises(anthropic.NotFoundError):
        await memories.retrieve(made.id, memory_store_id=STORE)


async def test_a_memory_that_moves_keeps_its_id_its_versions_and_its_relationships(
    claude: AsyncAnthropic, client: httpx.AsyncClient
) -> None:
    memories = claude.beta.memory_stores.memories
    made = await memories.create(STORE, path="/old.md", content="1")
    await memories.create(STORE, path="/taken.md", content="other")
    old, new = f"/v1/contexts/{STORE}/old.md", f"/v1/contexts/{STORE}/new/a.md"
    await client.put(f"{old}/relationships", json={"to": f"{STORE}/taken.md"})
    with pytest.raises(anthropic.ConflictError):
        await memories.update(made.id, memory_store_id=STORE, path="/taken.md")
    with pytest.raises(anthropic.ConflictError):
        await memories.update(
            made.id,
            memory_store_id=STORE,
            path="/new/a.md",
            precondition={"type": "content_sha256", "content_sha256": "0" * 64},
        )

    moved = await memories.update(
        made.id, memory_store_id=STORE, path="/new/a.md", content="2", view="full"
    )

    assert (moved.id, moved.path, moved.content) == (made.id, "/new/a.md", "2")
    assert (await client.get(old)).status_code == 404
    context = (await client.get(new)).json()
    assert (context["data"], context["version"]) == ("2", 2)
    assert (await client.get(new, params={"version": 1})).json()["data"] == "1"
    links = (await client.get(f"{new}/relationships")).json()["data"]
    assert [(link["from"], link["to"]) for link in links] == [
        (f"{STORE}/new/a.md", f"{STORE}/taken.md")
    ]
    versions = await claude.beta.memory_stores.memory_versions.list(STORE, memory_id=made.id)
    assert [version.operation for version in versions.data] == ["modified", "created"]
    erased = await client.delete(new, params={"erase": "true"})
    assert erased.status_code == 200
    left = await claude.beta.memory_stores.memory_versions.list(STORE, memory_id=made.id)
    assert left.data == []


async def test_no_service_account_has_made_a_version(claude: AsyncAnthropic) -> None:
    await claude.beta.memory_stores.memories.create(STORE, path="/a.md", content="1")
    versions = claude.beta.memory_stores.memory_versions
    assert (await versions.list(STORE, service_account_id="svac_1")).data == []


async def test_memories_are_listed_by_folder_and_page(claude: AsyncAnthropic) -> None:
    memories = claude.beta.memory_stores.memories
    for path in ("/a.md", "/n/1.md", "/n/2.md", "/n/deep/3.md", "/z.md"):
        await memories.create(STORE, path=path, content=path)
    await memories.create("memstore_team-b", path="/other.md", content="x")
    every = [it.path async for it in memories.list(STORE, limit=2)]
    assert every == ["/a.md", "/n/1.md", "/n/2.md", "/n/deep/3.md", "/z.md"]
    flat = [(it.type, it.path) async for it in memories.list(STORE, depth=1, limit=1)]
    assert flat == [("memory", "/a.md"), ("memory_prefix", "/n/"), ("memory", "/z.md")]
    below = [it async for it in memories.list(STORE, path_prefix="/n/", depth=1, view="full")]
    assert [it.path for it in below] == ["/n/1.md", "/n/2.md", "/n/deep/"]
    assert below[0].type == "memory"
    assert below[0].content == "/n/1.md"


async def test_versions_outlive_the_memory_and_can_be_redacted(
    claude: AsyncAnthropic, client: httpx.AsyncClient, held: tuple[ApiKeyRecord, str]
) -> None:
    memories, versions = (
        claude.beta.memory_stores.memories,
        claude.beta.memory_stores.memory_versions,
    )
    made = await memories.create(STORE, path="/a.md", content="a secret canary")
    with pytest.raises(anthropic.BadRequestError):
        await versions.redact(made.memory_version_id, memory_store_id=STORE)
    await memories.update(made.id, memory_store_id=STORE, content="harmless")
    redacted = await versions.redact(made.memory_version_id, memory_store_id=STORE)
    assert redacted.redacted_at is not None
    assert (redacted.path, redacted.content_sha256) == (None, None)
    assert "canary" not in (await client.get(f"/v1/contexts/{STORE}/a.md?version=1")).text
    await memories.delete(made.id, memory_store_id=STORE)
    listed = [it async for it in versions.list(STORE, memory_id=made.id, limit=1)]
    assert [it.operation for it in listed] == ["deleted", "modified", "created"]
    assert listed[1].created_by is not None
    assert listed[1].created_by.type == "api_actor"
    assert listed[1].created_by.api_key_id == held[0].key_id
    read = await versions.retrieve(listed[1].id, memory_store_id=STORE)
    assert read.content == "harmless"
    created = [it async for it in versions.list(STORE, operation="created")]
    assert [it.id for it in created] == [made.memory_version_id]


async def test_sealed_contexts_are_memories_with_their_true_hash(
    claude: AsyncAnthropic, client: httpx.AsyncClient
) -> None:
    body = {"data": "sealed words", "format": "text", "encrypt": True}
    assert (await client.put(f"/v1/contexts/{STORE}/s.md", json=body)).status_code == 201
    [memory] = [it async for it in claude.beta.memory_stores.memories.list(STORE)]
    assert memory.type == "memory"
    assert memory.content_sha256 == hashlib.sha256(b"sealed words").hexdigest()
    read = await claude.beta.memory_stores.memories.retrieve(memory.id, memory_store_id=STORE)
    assert read.content == "sealed words"


async def test_memories_of_another_workspace_do_not_exist(
    claude: AsyncAnthropic, port: int, keys: KeyStore
) -> None:
    made = await claude.beta.memory_stores.memories.create(STORE, path="/a.md", content="x")
    _, theirs = await keys.create_key(OTHER, "theirs", ["contexts"])
    base = f"http://127.0.0.1:{port}"
    async with AsyncAnthropic(api_key=theirs, base_url=base, max_retries=0) as other:
        stores = other.beta.memory_stores
        with pytest.raises(anthropic.NotFoundError):
            await stores.memories.retrieve(made.id, memory_store_id=STORE)
        with pytest.raises(anthropic.NotFoundError):
            await stores.memory_versions.retrieve(made.memory_version_id, memory_store_id=STORE)
        with pytest.raises(anthropic.NotFoundError):
            await stores.memory_versions.redact(made.memory_version_id, memory_store_id=STORE)
        assert [it async for it in stores.memories.list(STORE)] == []


@pytest.mark.parametrize("path", ["a.md", "/", "/../a", "/a//b", "/a\n", "/" + "a/" * 20 + "b"])
async def test_paths_that_may_not_be_are_refused(claude: AsyncAnthropic, path: str) -> None:
    with pytest.raises(anthropic.BadRequestError):
        await claude.beta.memory_stores.memories.create(STORE, path=path, content="x")
