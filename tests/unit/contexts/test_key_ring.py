"""Sealed content is bound to its place, and opens with its own key only."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_memory.contexts.codec import ContextCodec
from agent_memory.contexts.context import Address
from agent_memory.contexts.key_ring import KeyRing
from agent_memory.errors import ContextKeyMissing, InvalidRequest, InvariantBroken
from agent_memory.ids import ContextKey, Lineage, WorkspaceId

HERE = Address(WorkspaceId("w"), ContextKey("a/b"), Lineage("life"), 3)
ONE, TWO = bytes(32), bytes(range(32))


@pytest.mark.parametrize(
    "elsewhere",
    [
        replace(HERE, workspace=WorkspaceId("x")),
        replace(HERE, key=ContextKey("a/c")),
        replace(HERE, lineage=Lineage("liff")),
        replace(HERE, version=4),
        replace(HERE, workspace=WorkspaceId("wa"), key=ContextKey("/b")),
    ],
)
def test_what_is_sealed_opens_in_its_place_only(elsewhere: Address) -> None:
    ring = KeyRing([ONE])
    key_id, sealed = ring.seal(b"secret", HERE)
    assert ring.open(sealed, HERE, key_id) == b"secret"
    with pytest.raises(InvariantBroken):
        ring.open(sealed, elsewhere, key_id)


def test_the_first_key_seals_and_all_open() -> None:
    before, after = KeyRing([ONE]), KeyRing([TWO, ONE])
    key_id, sealed = before.seal(b"secret", HERE)
    assert after.open(sealed, HERE, key_id) == b"secret"
    new_id, resealed = after.seal(b"secret", HERE)
    assert new_id != key_id
    with pytest.raises(ContextKeyMissing) as missing:
        before.open(resealed, HERE, new_id)
    assert missing.value.key_id == new_id


def test_nothing_is_sealed_twice_alike() -> None:
    ring = KeyRing([ONE])
    assert ring.seal(b"secret", HERE)[1] != ring.seal(b"secret", HERE)[1]


def test_without_a_key_nothing_is_sealed() -> None:
    with pytest.raises(InvalidRequest, match="AGENT_MEMORY_CONTEXT_KEYS"):
        ContextCodec(KeyRing()).close(b"secret", HERE, is_sealed=True)


@given(st.binary(max_size=5_000) | st.text().map(lambda text: text.encode() * 300), st.booleans())
def test_what_is_closed_opens_as_it_was(body: bytes, is_sealed: bool) -> None:
    codec = ContextCodec(KeyRing([TWO, ONE]))
    closed = codec.close(body, HERE, is_sealed=is_sealed)
    assert codec.open(closed, HERE) == body


def test_content_is_compressed_where_it_pays_and_only_there() -> None:
    codec = ContextCodec(KeyRing())
    long = codec.close(b"a" * 2_000, HERE, is_sealed=False)
    short = codec.close(b"a" * 1_000, HERE, is_sealed=False)
    asked = codec.close(b"a" * 2_000, HERE, is_sealed=False, is_packed=False)
    assert [one.encoding for one in (long, short, asked)] == ["zstd", "plain", "plain"]
    assert len(long.data) < 100
