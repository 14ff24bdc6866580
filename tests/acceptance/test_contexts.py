"""Contexts survive a kill of the whole server under writers, at any moment."""

import threading
from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.acceptance.patience import wait_until
from tests.acceptance.server import Server

NUM_WRITERS = 8
WRITES_BEFORE_THE_KILL = 60


def test_every_acknowledged_version_is_there_after_a_kill(mortal: Server) -> None:
    acknowledged: list[tuple[str, int, int]] = []
    is_killed = threading.Event()

    def write(writer: int) -> None:
        key = f"survivors/{writer % 4}"
        with httpx.Client(base_url=mortal.url, headers=_headers(mortal), timeout=30) as http:
            while not is_killed.is_set():
                body = {"data": writer, "keep_versions": "all"}
                try:
                    answer = http.put(f"/v1/contexts/{key}", json=body)
                except httpx.TransportError:
                    return
                if answer.is_success:
                    receipt = answer.json()
                    acknowledged.append((key, receipt["version"], receipt["seq"]))

    with ThreadPoolExecutor(NUM_WRITERS) as writers:
        for writer in range(NUM_WRITERS):
            writers.submit(write, writer)
        wait_until(lambda: len(acknowledged) >= WRITES_BEFORE_THE_KILL, timeout_s=60)
        mortal.kill_itself()
        is_killed.set()
    mortal.start()

    with httpx.Client(base_url=mortal.url, headers=_headers(mortal), timeout=30) as http:
        for key in {key for key, _, _ in acknowledged}:
            page = http.get(f"/v1/contexts/{key}/versions", params={"limit": 1000}).json()
            there = [one["version"] for one in page["data"]]
            assert there == list(range(len(there), 0, -1))
            assert {version for name, version, _ in acknowledged if name == key} <= set(there)
        later = http.put("/v1/contexts/survivors/later", json={"data": "after the kill"}).json()
    seqs = [seq for _, _, seq in acknowledged]
    assert len(set(seqs)) == len(seqs)
    assert later["seq"] > max(seqs)


def test_any_key_comes_through_the_door_as_it_is(mortal: Server) -> None:
    with httpx.Client(base_url=mortal.url, headers=_headers(mortal), timeout=30) as http:
        for written, key in (
            ("a%20b/c", "a b/c"),
            ("gr%C3%BC%C3%9Fe", "grüße"),
            ("50%25", "50%"),
            ("x%2Fy", "x/y"),
            ("q%3Fa=b%26c%23d", "q?a=b&c#d"),
            ("plus+and;semi", "plus+and;semi"),
        ):
            path = f"/v1/contexts/{written}"
            assert http.put(path, json={"data": key}).json()["key"] == key
            read = http.get(path)
            assert (read.json()["data"], read.headers["etag"]) == (key, read.json()["etag"])
        for written in ("a%00b", "%FF", "a//b", "a/%2e%2e/b"):
            assert http.put(f"/v1/contexts/{written}", json={"data": 1}).status_code in {400, 404}


def _headers(server: Server) -> dict[str, str]:
    return {"x-api-key": server.key}
