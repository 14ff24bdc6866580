"""Addresses are shown without the secrets in them."""

import pytest

from agent_memory.shown_url import shown_url


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://db/agents",
        "postgresql://ann@db/agents",
        "postgresql://ann@db:5432,[::1]:5433,other/agents?sslmode=verify-full&connect_timeout=5",
        "postgresql:///agents?host=%2Fvar%2Frun&user=ann",
        "host=db port=5432 dbname='my agents' user=ann",
        "http://127.0.0.1:8080/v1",
        "https://models.example/openai?api-version=2024-10-21",
    ],
)
def test_what_is_no_secret_is_shown_as_it_is(address: str) -> None:
    assert shown_url(address) == address


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://ann:s3cret@db:5432/x", "postgresql://ann:***@db:5432/x"),
        ("postgresql://ann:s3cret@a:1,b:2/x", "postgresql://ann:***@a:1,b:2/x"),
        ("POSTGRES://ann:s3cret@db/x", "POSTGRES://ann:***@db/x"),
        ("postgresql://db/x?password=s3cret", "postgresql://db/x?password=***"),
        ("postgresql://db/x?user=ann&PassWord=s3cret", "postgresql://db/x?user=ann&PassWord=***"),
        ("postgresql://db/x?pass%77ord=s3cret", "postgresql://db/x?pass%77ord=***"),
        ("postgresql://db/x?sslpassword=s3cret&port=1", "postgresql://db/x?sslpassword=***&port=1"),
        (
            "postgresql://db/x?oauth_client_secret=s3cret",
            "postgresql://db/x?oauth_client_secret=***",
        ),
        ("postgresql://ann:s3@c:r/e#t@db/x", "postgresql://ann:***@db/x"),
        ("postgresql://ann:s3cret", "postgresql://ann:***"),
        ("postgresql://ann:s3?cret@db/x", "postgresql://***"),
        ("postgresql://ann:s3?c=ret@db/x", "postgresql://ann:***?c=***"),
        ("host=db password=s3cret user=ann", "host=db password=*** user=ann"),
        (r"password = 's3 \' cret' host = db", "password=*** host=db"),
        (r"password=s3\ cret host=db", "password=*** host=db"),
        ("host=db password='s3cret", "***"),
        ("s3cret", "***"),
        ("https://s3cret@host/v1", "https://***@host/v1"),
        ("https://ann:s3cret@host/v1", "https://***@host/v1"),
        ("https://host/v1?api_key=s3cret&key=s3cret", "https://host/v1?api_key=***&key=***"),
        ("https://host/v1#s3cret", "https://host/v1#***"),
        ("https://host/v1?s3cret", "https://***"),
    ],
)
def test_a_secret_is_hidden_in_every_form_of_address(address: str, shown: str) -> None:
    assert shown_url(address) == shown
