import socket

import pytest

from agent_memory.errors import InvalidRequest
from agent_memory.providers.far.addresses import JudgingResolver, address_fault, checked_url

PRIVATE = [
    "127.0.0.1",
    "127.8.8.8",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "0.0.0.0",
    "::1",
    "::",
    "fc00::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "2002:7f00:1::",
    "64:ff9b::7f00:1",
]
NEVER = [
    "169.254.169.254",
    "::ffff:169.254.169.254",
    "fe80::1",
    "224.0.0.1",
    "ff02::1",
    "250.1.1.1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_want_a_word_of_the_operators(address: str) -> None:
    assert address_fault(address, allow_private=False) is not None
    assert address_fault(address, allow_private=True) is None


@pytest.mark.parametrize("address", NEVER)
def test_some_addresses_are_nobodys_whatever_the_operator_says(address: str) -> None:
    assert address_fault(address, allow_private=True) is not None


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700:4700::1111", "64:ff9b::101:101"])
def test_public_addresses_are_asked(address: str) -> None:
    assert address_fault(address, allow_private=False) is None


@pytest.mark.parametrize(
    "url",
    [
        "ftp://models.example",
        "file:///etc/passwd",
        "models.example",
        "https://",
        "http://models.example/v1",
        "https://user:pass@models.example",
        "https://models.example/v1?key=1",
        "https://models.example/#x",
        "https://127.0.0.1",
        "https://[::1]:8000",
        "https://[::ffff:10.0.0.1]",
        "https://models.example:99999",
    ],
)
def test_a_url_that_no_provider_has_is_refused(url: str) -> None:
    with pytest.raises(InvalidRequest):
        checked_url(url, allow_private=False)


def test_a_url_of_this_network_is_taken_where_that_is_allowed() -> None:
    assert (
        checked_url("http://127.0.0.1:9000/v1/", allow_private=True) == "http://127.0.0.1:9000/v1"
    )


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f000001", "127.1"])
async def test_a_name_that_leads_to_this_machine_is_not_resolved(host: str) -> None:
    resolver = JudgingResolver(allow_private=False)
    with pytest.raises(OSError, match=r"may not be asked|not known|No address"):
        await resolver.resolve(host, 80, socket.AF_INET)
