import asyncio
import time

from agent_memory.errors import Unauthenticated
from agent_memory.store.authenticator import KeyAuthenticator
from agent_memory.store.keys import KeyStore
from tests.integration.store.conftest import ALPHA


async def test_a_revocation_is_effective_within_two_seconds(keys: KeyStore) -> None:
    authenticator = KeyAuthenticator(keys)
    record, raw = await keys.create_key(ALPHA, "laptop", ["admin"])
    await authenticator.authenticate(raw)
    await keys.revoke_key(ALPHA, record.key_id)
    deadline = time.monotonic() + 2
    while await is_accepted(authenticator, raw):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def is_accepted(authenticator: KeyAuthenticator, raw: str) -> bool:
    try:
        await authenticator.authenticate(raw)
    except Unauthenticated:
        return False
    return True


async def test_a_valid_key_is_known_by_its_workspace(keys: KeyStore) -> None:
    record, raw = await keys.create_key(ALPHA, "laptop", ["admin"])

    principal = await KeyAuthenticator(keys).authenticate(raw)

    assert (principal.key_id, principal.workspace_id) == (record.key_id, ALPHA)
