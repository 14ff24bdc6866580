"""The pages that a person sees who opens the server's address in a browser."""

import re

import httpx
import pytest
from fastapi import FastAPI

from agent_memory.testing.runtime import StaticCondition


@pytest.fixture
async def stranger(app: FastAPI) -> httpx.AsyncClient:
    """A client without a key."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


async def test_the_first_page_says_how_the_server_fares(
    stranger: httpx.AsyncClient, condition: StaticCondition
) -> None:
    page = await stranger.get("/")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "This server is ready" in page.text

    condition.is_ready = False
    condition.checks = {"engine": "no node with the resource <mlx>"}
    page = await stranger.get("/")
    assert "This server is not ready" in page.text
    assert "no node with the resource &lt;mlx&gt;" in page.text


async def test_a_forged_host_is_shown_as_text(stranger: httpx.AsyncClient) -> None:
    page = await stranger.get("/", headers={"Host": 'x"><script>alert(1)</script>'})
    assert "<script" not in page.text


async def test_the_reference_has_every_documented_route(
    stranger: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    page = await stranger.get("/docs")
    document = (await client.get("/openapi.json")).json()
    for path, operations in document["paths"].items():
        for method in operations:
            assert f"{method.upper()} {path}</code>" in page.text.replace("&amp;", "&")


@pytest.mark.parametrize("path", ["/", "/docs"])
async def test_pages_load_nothing_from_elsewhere(stranger: httpx.AsyncClient, path: str) -> None:
    page = await stranger.get(path)
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "<script" not in page.text
    loaded = re.findall(r"<(?:link|img|iframe)[^>]+(?:href|src)=\"([^\"]+)\"", page.text)
    assert loaded == ["/static/style.css"]
    style = await stranger.get(loaded[0])
    assert style.headers["content-type"].startswith("text/css")
    assert "url(" not in style.text


async def test_the_short_name_of_health_is_readiness(
    stranger: httpx.AsyncClient, condition: StaticCondition
) -> None:
    assert (await stranger.get("/health")).json()["status"] == "ok"
    condition.is_ready = False
    assert (await stranger.get("/health")).status_code == 503


async def test_the_page_of_contexts_runs_its_own_script_and_no_other(
    stranger: httpx.AsyncClient,
) -> None:
    page = await stranger.get("/contexts")
    policy = page.headers["content-security-policy"]
    assert re.findall("<script[^>]*>[^<]*", page.text) == ['<script src="/static/contexts.js">']
    assert "default-src 'none'" in policy
    assert "script-src 'self'; connect-src 'self'" in policy
    assert "unsafe" not in policy
    assert re.findall(r"<(?:link|img|iframe)[^>]+(?:href|src)", page.text) == [
        '<link rel="stylesheet" href'
    ]

    script = await stranger.get("/static/contexts.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert not re.findall(
        r"https?://|innerHTML|eval\(|localStorage|cookie|document\.write", script.text
    )
