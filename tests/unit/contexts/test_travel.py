"""Exports and imports over dictionaries: plain and compressed, open and sealed."""

from collections.abc import AsyncIterator

import pytest

from agent_memory.contexts.document import Document, Format
from agent_memory.contexts.draft import Draft
from agent_memory.contexts.lines import Compression, compressed, lines_of
from agent_memory.contexts.service.contexts import Contexts
from agent_memory.contexts.service.pen import Writer
from agent_memory.contexts.service.travel import ImportMode
from agent_memory.errors import Conflict, ContextKeyMissing, InvalidRequest
from agent_memory.ids import ContextKey, WorkspaceId
from agent_memory.testing.dict_contexts import dict_contexts

KEY = bytes(range(32))
HERE, THERE = Writer(WorkspaceId("here"), "key_1"), Writer(WorkspaceId("there"), "key_2")
BODIES = {
    "a": Document.of(Format.JSON, b'{ "n": 1.10 }'),
    "b": Document.of(Format.TEXT, "Grüße\n".encode()),
    "c": Document.of(Format.BYTES, bytes(range(256)), "image/png"),
}


async def filled(*, is_sealed: bool = False) -> Contexts:
    contexts = dict_contexts([KEY])
    for name, document in BODIES.items():
        for made in (Document.of(Format.TEXT, b"earlier"), document):
            draft = Draft(ContextKey(name), made, is_sealed=is_sealed, tags=("t",))
            await contexts.writer.put(HERE, draft)
    return contexts


async def pieces(*sent: bytes) -> AsyncIterator[bytes]:
    for piece in sent:
        yield piece


async def exported(
    contexts: Contexts,
    how: Compression = Compression.NONE,
    *,
    with_versions: bool = True,
    decrypts: bool = False,
) -> bytes:
    lines = contexts.travel.export(
        HERE.workspace, "", with_versions=with_versions, decrypts=decrypts
    )
    return b"".join([piece async for piece in compressed(lines, how)])


@pytest.mark.parametrize("how", Compression)
async def test_what_is_exported_is_imported_byte_for_byte(how: Compression) -> None:
    archive = await exported(await filled(), how)
    there = dict_contexts()
    cut = pieces(archive[:1], archive[1:3], archive[3:50], archive[50:])
    report = await there.travel.arrive(THERE, lines_of(cut), ImportMode.FAIL)
    assert (report.num_imported, report.num_versions) == (3, 6)
    for name, document in BODIES.items():
        read = await there.reader.get(THERE.workspace, ContextKey(name))
        assert (read.document, read.version.address.version) == (document, 2)
        assert read.version.traits.tags == ("t",)


async def test_what_is_sealed_travels_sealed_and_needs_its_key() -> None:
    archive = await exported(await filled(is_sealed=True))
    assert b"earlier" not in archive
    with pytest.raises(ContextKeyMissing):
        await dict_contexts([bytes(32)]).travel.arrive(
            THERE, lines_of(pieces(archive)), ImportMode.FAIL
        )
    there = dict_contexts([bytes(32), KEY])
    await there.travel.arrive(THERE, lines_of(pieces(archive)), ImportMode.FAIL)
    read = await there.reader.get(THERE.workspace, ContextKey("a"))
    assert (read.document, read.version.is_sealed) == (BODIES["a"], True)


async def test_a_sealed_context_is_exported_open_where_that_is_asked_for() -> None:
    assert b"earlier" in await exported(await filled(is_sealed=True), decrypts=True)


async def test_an_import_fails_skips_or_overwrites_what_exists() -> None:
    archive = await exported(await filled(), with_versions=False)
    there = dict_contexts()
    mine = Draft(ContextKey("a"), Document.of(Format.JSON, b"0"))
    first = await there.writer.put(THERE, mine)
    with pytest.raises(Conflict):
        await there.travel.arrive(THERE, lines_of(pieces(archive)), ImportMode.FAIL)
    report = await there.travel.arrive(THERE, lines_of(pieces(archive)), ImportMode.SKIP)
    assert (report.num_imported, report.num_skipped) == (2, 1)
    assert (await there.reader.get(THERE.workspace, ContextKey("a"))).document.body == b"0"
    report = await there.travel.arrive(THERE, lines_of(pieces(archive)), ImportMode.OVERWRITE)
    read = await there.reader.get(THERE.workspace, ContextKey("a"))
    assert (report.num_imported, read.document) == (3, BODIES["a"])
    assert read.version.address.lineage != first.lineage


@pytest.mark.parametrize("line", [b"{}", b"not json", b'{"record": 9}', b"\x1f\x8b broken gzip"])
async def test_what_is_no_export_is_refused(line: bytes) -> None:
    with pytest.raises(InvalidRequest):
        await dict_contexts().travel.arrive(THERE, lines_of(pieces(line)), ImportMode.SKIP)


async def test_a_record_of_more_than_may_be_is_refused() -> None:
    archive = await exported(await filled())
    broken = archive.replace(b'"key":"a"', b'"key":"../a"')
    with pytest.raises(InvalidRequest):
        await dict_contexts().travel.arrive(THERE, lines_of(pieces(broken)), ImportMode.SKIP)
