"""Sessions that fork, leave for another server, and are deleted in every tier."""

import io
import tarfile
import time
from pathlib import Path

import httpx

from tests.acceptance.server import Server
from tests.acceptance.talk import Talk, user

LONG = "tell me " + "about the long road and what lies beside it " * 12


def take_turn(server: Server, session: str, text: str, **more: object) -> dict[str, object]:
    body = {"message": text, "max_tokens": 16, "temperature": 0, **more}
    response = Talk(server).post_json(f"/v1/agents/{session}/turns", body)
    assert response.status_code == httpx.codes.OK, response.text
    turn: dict[str, object] = response.json()
    return turn


def of(session: str) -> str:
    """What no other session says: blocks are shared with whoever says the same."""
    return f"{session}! {LONG}"


def usage(turn: dict[str, object]) -> tuple[int, int]:
    """Prompt tokens, and those of them that were not computed again."""
    counts = turn["usage"]
    assert isinstance(counts, dict)
    return counts["prompt_tokens"], counts["cached_tokens"]


def begin(server: Server, session: str) -> list[dict[str, object]]:
    """A session of two turns."""
    assert Talk(server).post_json("/v1/agents", {"session_id": session}).status_code == 201
    return [take_turn(server, session, text) for text in (of(session), "and then?")]


def fork(server: Server, session: str, name: str, num_turns: int | None = None) -> None:
    body = {"session_id": name, "num_turns": num_turns}
    response = Talk(server).post_json(f"/v1/agents/{session}/fork", body)
    assert response.status_code == 201, response.text


def export(server: Server, session: str) -> bytes:
    response = Talk(server).get(f"/v1/agents/{session}/export")
    assert response.status_code == httpx.codes.OK, response.text
    return response.content


def arrive(server: Server, archive: bytes, name: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {server.key}"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=60) as client:
        return client.post("/v1/agents/import", params={"session_id": name}, content=archive)


def test_a_fork_goes_on_where_its_session_stands_and_computes_nothing_again(
    server: Server,
) -> None:
    begin(server, "trunk")
    fork(server, "trunk", "branch")

    there = take_turn(server, "trunk", "what next?")
    here = take_turn(server, "branch", "what next?")

    assert here["message"] == there["message"]
    num_prompt, num_cached = usage(here)
    assert num_prompt == usage(there)[0]
    assert num_cached >= usage(there)[1]


def test_a_fork_of_an_earlier_turn_shares_what_both_have_said(server: Server) -> None:
    first, _ = begin(server, "trunk-2")
    before = Talk(server).stats()["pool_shelf_bytes"]
    fork(server, "trunk-2", "branch-2", num_turns=1)
    assert Talk(server).stats()["pool_shelf_bytes"] == before

    turn = take_turn(server, "branch-2", "something else")

    assert usage(turn)[1] >= usage(first)[0]
    transcript = Talk(server).get("/v1/agents/branch-2/transcript").json()["messages"]
    assert [m["content"][0]["text"] for m in transcript if m["role"] == "user"] == [
        of("trunk-2"),
        "something else",
    ]


def test_a_fork_after_more_turns_than_there_are_is_refused(server: Server) -> None:
    begin(server, "trunk-3")
    response = Talk(server).post_json("/v1/agents/trunk-3/fork", {"num_turns": 9})
    assert response.status_code == 400
    assert "has 2 turns" in response.json()["detail"]


def test_another_server_goes_on_with_an_exported_session_without_prefilling_it(
    server: Server, mortal: Server
) -> None:
    begin(server, "traveller")
    archive = export(server, "traveller")

    arrival = arrive(mortal, archive, "guest")

    assert arrival.status_code == 201, arrival.text
    assert arrival.json()["note"] is None
    there = take_turn(mortal, "guest", "where are you?")
    here = take_turn(server, "traveller", "where are you?")
    assert there["message"] == here["message"]
    assert usage(there) == usage(here)


def test_a_session_with_tools_travels_with_all_its_tokens(server: Server, mortal: Server) -> None:
    Talk(server).post_json("/v1/agents", {"session_id": "craftsman"})
    tools = [{"name": "add", "parameters": {"type": "object"}}]
    take_turn(server, "craftsman", of("craftsman"), tools=tools)
    arrival = arrive(mortal, export(server, "craftsman"), "craftsman")

    there = take_turn(mortal, "craftsman", "go on", tools=tools)
    here = take_turn(server, "craftsman", "go on", tools=tools)

    assert arrival.json()["num_cached_tokens"] > 0
    assert usage(there) == usage(here)


def test_a_damaged_archive_leaves_nothing_behind(server: Server, mortal: Server) -> None:
    begin(server, "fragile")
    archive = bytearray(export(server, "fragile"))
    with tarfile.open(fileobj=io.BytesIO(bytes(archive))) as tar:
        last = tar.getmembers()[-1]
    archive[last.offset_data + last.size - 1] ^= 1

    refused = arrive(mortal, bytes(archive), "broken")

    assert refused.status_code == 400
    assert "corrupt" in refused.json()["detail"]
    assert Talk(mortal).get("/v1/agents/broken").status_code == 404
    assert arrive(mortal, bytes(archive[:5000]), "broken").status_code == 400
    assert arrive(mortal, b"not a tar file", "broken").status_code == 400


def test_the_command_line_forks_exports_and_imports(server: Server, tmp_path: Path) -> None:
    begin(server, "by-hand")
    file = tmp_path / "session.tar"

    assert server.command("sessions", "fork", "by-hand", "--turns", "1", "--as", "f").stdout
    assert server.command("sessions", "export", "by-hand", str(file)).returncode == 0
    imported = server.json_command("sessions", "import", str(file), "--as", "again")

    assert isinstance(imported, dict)
    assert (imported["id"], imported["num_turns"]) == ("again", 2)
    assert imported["num_cached_tokens"] > 0
    missing = server.command("sessions", "export", "nobody", str(tmp_path / "none.tar"))
    assert missing.returncode == 1
    assert not (tmp_path / "none.tar").exists()


def test_after_a_restart_too_deleted_sessions_leave_nothing_in_memory_or_on_the_shelf(
    mortal: Server,
) -> None:
    """Of one, cancelled in its only turn, nothing but blocks is left; the other has its turns."""
    talk, shelf = Talk(mortal), mortal.home / "shelf"
    delete_every_session(talk)
    assert files_in(shelf) == set()
    for session in ("cancelled", "private"):
        talk.post_json("/v1/agents", {"session_id": session})
    with Talk(mortal, "cancelled").stream([user(of("cancelled"))], max_tokens=600) as texts:
        next(texts)
    deadline = time.monotonic() + 60
    while not (left := files_in(shelf)):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    tools = [{"name": "add", "parameters": {"type": "object"}}]
    take_turn(mortal, "private", of("private"), tools=tools)

    mortal.kill()
    mortal.start()

    assert talk.get("/v1/agents/cancelled/transcript").json()["messages"] == []
    assert talk.delete("/v1/agents/cancelled").status_code == httpx.codes.OK
    assert not files_in(shelf) & left
    take_turn(mortal, "private", "and?", tools=tools)
    assert files_in(shelf)
    assert talk.stats()["engine_resident_bytes"] > 0
    assert talk.delete("/v1/agents/private").status_code == httpx.codes.OK
    assert files_in(shelf) == set()
    stats = talk.stats()
    kept = ("engine_resident_bytes", "engine_memory_bytes", "pool_memory_bytes", "pool_shelf_bytes")
    assert [stats[name] for name in kept] == [0, 0, 0, 0]
    assert talk.ask([user(of("private"))]).usage["cached"] == 0


def delete_every_session(talk: Talk) -> None:
    while sessions := talk.get("/v1/agents").json()["data"]:
        for session in sessions:
            assert talk.delete(f"/v1/agents/{session['id']}").status_code == httpx.codes.OK


def files_in(shelf: Path) -> set[Path]:
    return set(shelf.rglob("*.safetensors"))
