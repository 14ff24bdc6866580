import hashlib

import pytest

from agent_memory.access.keys import ApiKey, generate_key, parse_key
from agent_memory.ids import KeyId


def test_a_fresh_key_is_parsed_into_the_same_key() -> None:
    key = generate_key()

    assert parse_key(key.raw) == key


def test_a_key_is_made_of_its_prefix_id_and_secret() -> None:
    prefix, key_id, secret = generate_key().raw.split("_")

    assert prefix == "am"
    assert len(key_id) == 12
    assert int(key_id, 16) >= 0
    assert secret.isascii()
    assert secret.isalnum()
    assert len(secret) >= 22  # 22 characters of 62 are 131 bits


def test_no_two_fresh_keys_are_alike() -> None:
    assert len({generate_key().raw for _ in range(100)}) == 100


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "am_",
        "sk-" + "a" * 40,
        "am_0123456789ab_" + "s" * 21,
        "am_0123456789ab_" + "s" * 129,
        "am_0123456789aB_" + "s" * 32,
        "am_0123456789abc_" + "s" * 32,
        "am_0123456789ab_" + "s" * 31 + "_",
        "am_0123456789ab_" + "s" * 31 + "é",
        "am_0123456789ab_" + "s" * 32 + "\n",
        " am_0123456789ab_" + "s" * 32,
    ],
)
def test_what_is_not_a_key_is_not_parsed(raw: str) -> None:
    assert parse_key(raw) is None


def test_a_key_matches_only_the_hash_of_its_own_secret() -> None:
    key = generate_key()

    assert key.secret_hash == hashlib.sha256(key.secret.encode()).digest()
    assert key.matches(key.secret_hash)
    assert not key.matches(generate_key().secret_hash)
    assert not key.matches(b"")


def test_the_secret_does_not_show_in_the_repr() -> None:
    key = ApiKey(KeyId("0123456789ab"), "topsecret" * 4)

    assert "topsecret" not in repr(key)
