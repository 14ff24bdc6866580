import pytest

from agent_memory.access.sealing import Sealing
from agent_memory.errors import InvalidRequest

SECRET = "sk-or-v1-0123456789"


def test_a_sealed_text_opens_with_its_key_at_its_place_alone() -> None:
    sealing = Sealing(b"k" * 32)
    sealed = sealing.seal(SECRET, "provider one, key a")
    assert SECRET.encode() not in sealed
    assert sealing.open(sealed, "provider one, key a") == SECRET
    with pytest.raises(InvalidRequest):
        sealing.open(sealed, "provider two, key a")
    with pytest.raises(InvalidRequest):
        Sealing(b"x" * 32).open(sealed, "provider one, key a")


def test_the_same_text_is_sealed_otherwise_each_time() -> None:
    sealing = Sealing(b"k" * 32)
    assert sealing.seal(SECRET, "p") != sealing.seal(SECRET, "p")


@pytest.mark.parametrize("at", [0, 5, 20, -1])
def test_a_changed_byte_is_noticed(at: int) -> None:
    sealing = Sealing(b"k" * 32)
    sealed = bytearray(sealing.seal(SECRET, "p"))
    sealed[at] ^= 1
    with pytest.raises(InvalidRequest):
        sealing.open(bytes(sealed), "p")
