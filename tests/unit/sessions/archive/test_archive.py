"""A session becomes a tar file that any tar reads, and the same session again."""

import io
import tarfile
from collections.abc import AsyncIterator
from dataclasses import fields, replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_memory.errors import InvalidRequest
from agent_memory.ids import BlockHash, SessionId, TurnId
from agent_memory.sessions.archive.manifest import (
    KvOrigin,
    Manifest,
    Reader,
    decode_manifest,
    encode_manifest,
)
from agent_memory.sessions.archive.tar_stream import END, Entry, TarReader, encode_entry, padding
from agent_memory.turns.events import FinishReason, Usage
from agent_memory.turns.messages import Message, Role, Text, Thinking, ToolResult, ToolUse
from agent_memory.turns.portable import PortableSession, PortableTurn
from agent_memory.turns.traces import Traces

READER = Reader("weights", context_window=4096, num_token_ids=1000)
ORIGIN = KvOrigin("weights", "float32", BlockHash("ab" * 32))


def turn(position: int) -> PortableTurn:
    return PortableTurn(
        turn_id=TurnId(""),
        request_id="r",
        model="tiny",
        position=position,
        finish_reason=FinishReason.STOP,
        usage=Usage(10, 4, 2, cached_from_shelf=1, cached_from_memory=3),
        head_hash="h",
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
        traces=Traces("weights", (7, 8), "<|im_start|>", 12, num_shared=0, read_tokens=(1, 2)),
    )


SESSION = PortableSession(
    SessionId("s"),
    "tiny",
    "title",
    (
        Message(Role.USER, (Text("hello \u00e9"), ToolResult("c", "3", is_error=True))),
        Message(Role.ASSISTANT, (Thinking("hm"), ToolUse("c", "add", '{"a":1}'))),
    ),
    (turn(1),),
)


async def chunked(data: bytes, size: int) -> AsyncIterator[bytes]:
    for begin in range(0, len(data), size):
        yield data[begin : begin + size]


def archive(files: dict[str, bytes]) -> bytes:
    entries = [(Entry(name, len(data)), data) for name, data in files.items()]
    return b"".join(encode_entry(e) + data + padding(e) for e, data in entries) + END


async def read(data: bytes, chunk_size: int, piece_size: int) -> dict[str, bytes]:
    reader = TarReader(chunked(data, chunk_size))
    found: dict[str, bytes] = {}
    while (entry := await reader.next_entry()) is not None:
        found[entry.name] = b"".join([piece async for piece in reader.content(piece_size)])
    return found


def test_a_manifest_says_all_of_a_session() -> None:
    for origin in (ORIGIN, None):
        manifest = decode_manifest(encode_manifest(SESSION, origin), READER)
        assert manifest == Manifest(SESSION, origin, SESSION.sequence)


def test_a_manifest_from_before_there_was_memory_at_rest_is_read() -> None:
    encoded = encode_manifest(SESSION, None)
    assert b'"cached_from_memory":3,' in encoded
    manifest = decode_manifest(encoded.replace(b'"cached_from_memory":3,', b""), READER)
    assert manifest.session.turns[0].usage == Usage(10, 4, 2, cached_from_shelf=1)


def test_a_manifest_says_which_turns_the_local_engine_did_not_answer() -> None:
    elsewhere = replace(turn(1), traces=None)
    session = replace(SESSION, turns=(elsewhere,))
    encoded = encode_manifest(session, None)
    assert decode_manifest(encoded, READER) == Manifest(session, None, ())
    assert not any(f'"{field.name}"'.encode() in encoded for field in fields(Traces))


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        ((b'"format":"agent_memory.session.1"', b'"format":"other"'), "at 'format'"),
        ((b'"position":1', b'"position":3'), "do not fit"),
        ((b'"role":"assistant"', b'"role":"user"'), "not an answer"),
        ((b'"type":"thinking"', b'"type":"image"'), "unknown type 'image'"),
        ((b'"tokens":[7', b'"tokens":[-7'), r"at 'turns\.0\.tokens\.0'"),
        ((b'"num_shared":0,', b""), "traces of a turn are there whole or not at all"),
        ((b"{", b"["), "at ''"),
    ],
)
def test_a_manifest_that_is_not_ours_is_refused(
    damage: tuple[bytes, bytes], complaint: str
) -> None:
    encoded = encode_manifest(SESSION, ORIGIN)
    assert damage[0] in encoded
    with pytest.raises(InvalidRequest, match=complaint):
        decode_manifest(encoded.replace(damage[0], damage[1], 1), READER)


@given(st.lists(st.binary(max_size=1500), max_size=4), st.integers(1, 2000), st.integers(1, 2000))
async def test_what_is_written_is_read_whatever_the_pieces(
    contents: list[bytes], chunk_size: int, piece_size: int
) -> None:
    files = {f"kv/{n}": content for n, content in enumerate(contents)}
    assert await read(archive(files), chunk_size, piece_size) == files


def test_other_programs_can_read_it() -> None:
    with tarfile.open(fileobj=io.BytesIO(archive({"manifest.json": b"{}", "kv/a": b"xyz"}))) as tar:
        assert tar.getnames() == ["manifest.json", "kv/a"]
        extracted = tar.extractfile("kv/a")
        assert extracted is not None
        assert extracted.read() == b"xyz"


async def test_an_entry_that_is_not_read_is_skipped() -> None:
    reader = TarReader(chunked(archive({"a": b"1" * 3000, "b": b"2"}), 700))
    assert await reader.next_entry() == Entry("a", 3000)
    assert await reader.next_entry() == Entry("b", 1)
    assert await reader.next_entry() is None


async def test_an_archive_that_is_cut_off_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="cut off"):
        await read(archive({"a": b"1" * 3000})[:2000], 700, 700)


async def test_what_is_no_archive_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="not an exported session"):
        await read(b"hello" * 300, 700, 700)


async def test_an_archive_of_anything_but_files_is_refused() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        link = tarfile.TarInfo("link")
        link.type = tarfile.SYMTYPE
        link.linkname = "/etc/passwd"
        tar.addfile(link)
    with pytest.raises(InvalidRequest, match="plain files"):
        await read(buffer.getvalue(), 700, 700)
