"""Where webhooks may lead."""

from ipaddress import ip_address

import pytest

from agent_memory.contexts.webhooks.webhook import check_url, is_public, new_secret
from agent_memory.errors import InvalidRequest


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/a",
        "ftp://hooks.example.com/a",
        "https:///a",
        "https://me:secret@hooks.example.com/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://169.254.169.254/latest/meta-data",
        "https://localhost/a",
        "https://hooks.example.com:port/",
        "https://hooks.example.com/ a",
        "https://hooks.example.com/" + "a" * 2048,
    ],
)
def test_urls_that_lead_inwards_or_nowhere_are_refused(url: str) -> None:
    with pytest.raises(InvalidRequest):
        check_url(url, may_be_private=False)


def test_a_url_of_the_internet_is_kept_as_it_is() -> None:
    url = "https://hooks.example.com:8443/contexts?team=a"
    assert check_url(url, may_be_private=False) == url


def test_private_addresses_will_do_where_the_operator_says_so() -> None:
    assert check_url("http://127.0.0.1:9000/", may_be_private=True) == "http://127.0.0.1:9000/"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("10.1.2.3", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("0.0.0.0", False),
        ("fe80::1", False),
        ("fc00::1", False),
        ("::ffff:192.168.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::5db8:d822", True),
        ("2002:a00:1::", False),
    ],
)
def test_an_address_is_public_only_if_it_leads_outside(address: str, expected: bool) -> None:
    assert is_public(ip_address(address)) is expected


def test_secrets_have_the_form_of_the_standard_and_differ() -> None:
    one, other = new_secret(), new_secret()
    assert one.startswith("whsec_")
    assert one != other
