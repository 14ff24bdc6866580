"""Files become bodies of `POST /v1/ingest`."""

from dataclasses import replace
from pathlib import Path

import pytest

from agent_memory.cli.ingest_sources import MAX_MESSAGES, bodies, find_sources
from agent_memory.errors import InvalidRequest, NotFound
from agent_memory.memory.importing.text_pieces import MAX_TEXT_BYTES


def all_bodies(place: Path) -> list[dict[str, object]]:
    """Without the names of their files."""
    found = [body for source in find_sources(str(place)) for body in bodies(source, "t")]
    return [{key: value for key, value in body.items() if key != "metadata"} for body in found]


def test_the_name_of_a_file_says_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.diff").write_text("--- a\n+++ b\n")
    (tmp_path / "b.log").write_text("ERROR x\n")
    (tmp_path / "c.md").write_text("We use tabs.\n")
    (tmp_path / "d.png").write_bytes(b"\x89")
    assert all_bodies(tmp_path) == [
        {"thread_id": "t", "materials": {"diffs": ["--- a\n+++ b\n"]}},
        {"thread_id": "t", "materials": {"logs": ["ERROR x\n"]}},
        {
            "thread_id": "t",
            "materials": {"chat": [{"role": "user", "content": "We use tabs.\n"}]},
        },
    ]


@pytest.mark.parametrize(
    ("name", "text", "date"),
    [
        ("standup.md", "---\ntitle: x\ndate: 2024-03-05\n---\nyesterday", "2024-03-05T12:00:00Z"),
        ("a.md", '+++\ndate = "2024-03-05T09:30:00Z"\n+++\nx', "2024-03-05T09:30:00Z"),
        ("2024-03-05 standup.md", "yesterday", "2024-03-05T12:00:00Z"),
        ("notes-20240305.txt", "x", "2024-03-05T12:00:00Z"),
        ("2024-01-01.md", "---\ndate: 2024-03-05\n---\nx", "2024-03-05T12:00:00Z"),
        ("a.md", "x\n---\ndate: 2024-03-05\n---\n", None),
        ("build 2024-13-05.md", "date: 2024-03-05", None),
        ("12345678.md", "x", None),
    ],
)
def test_a_note_is_of_its_day(tmp_path: Path, name: str, text: str, date: str | None) -> None:
    (tmp_path / name).write_text(text)
    dated = {} if date is None else {"occurred_at": date}
    assert all_bodies(tmp_path) == [
        {
            "thread_id": "t",
            "materials": {"chat": [{"role": "user", "content": text, **dated}]},
        }
    ]


@pytest.mark.parametrize("name", ["a.log", "a.diff", "a.md"])
def test_the_day_that_is_given_is_that_of_what_names_none(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("--- a\n+++ b\n")
    (source,) = find_sources(str(tmp_path))
    (body,) = bodies(replace(source, date="2024-03-05T12:00:00Z"), "t")
    chat = body["materials"].get("chat", [body])
    assert chat[0]["occurred_at"] == "2024-03-05T12:00:00Z"


def test_a_line_may_be_a_whole_conversation(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"messages":[{"role":"user","content":"a"}],"thread_id":"u"}\n')
    conversation = {"messages": [{"role": "user", "content": "a"}]}
    assert all_bodies(path) == [{"thread_id": "u", "materials": {"chat": conversation}}]


def test_lines_of_json_go_to_the_threads_they_name(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(
        '{"role":"user","content":"a"}\n\n{"content":"b","thread_id":"u"}\n{"log":"ERROR"}\n'
    )
    assert all_bodies(path) == [
        {"thread_id": "t", "materials": {"logs": ["ERROR"]}},
        {"thread_id": "t", "materials": {"chat": [{"role": "user", "content": "a"}]}},
        {"thread_id": "u", "materials": {"chat": [{"content": "b"}]}},
    ]


def test_a_file_that_grows_gives_the_same_bodies_again(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"content":"a"}\n' * MAX_MESSAGES)
    before = all_bodies(path)
    path.write_text('{"content":"a"}\n' * (MAX_MESSAGES + 1))
    assert all_bodies(path)[0] == before[0]


def test_a_long_text_is_cut_between_lines(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    text = "".join(f"line {number}\n" for number in range(20_000))
    path.write_text(text)
    pieces = [body["materials"]["logs"][0] for body in all_bodies(path)]  # type: ignore[index]
    assert "".join(pieces) == text
    assert all(len(piece.encode()) <= MAX_TEXT_BYTES for piece in pieces)
    assert len(pieces) > 1


def test_a_line_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"content":"a"}\n{"contents":"b"}\n')
    with pytest.raises(InvalidRequest, match="line 2"):
        all_bodies(path)


def test_a_place_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        find_sources(str(tmp_path / "nowhere"))


def test_lines_of_json_end_at_line_feeds_only(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(
        '{"content":"one\u2028two\u2029three\x85four"}\r\n{"content":"five"}\n', "utf-8-sig"
    )
    assert all_bodies(path) == [
        {
            "thread_id": "t",
            "materials": {
                "chat": [{"content": "one\u2028two\u2029three\x85four"}, {"content": "five"}]
            },
        }
    ]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-32"])
def test_the_mark_of_an_encoding_is_heeded(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "x.log"
    path.write_bytes("ERROR caf\u00e9\r\nover\r\n".encode(encoding))
    assert all_bodies(path) == [
        {"thread_id": "t", "materials": {"logs": ["ERROR caf\u00e9\nover\n"]}}
    ]


def test_the_mark_of_the_other_order_of_bytes_is_heeded(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.write_bytes(b"\xfe\xff" + "ERROR x\n".encode("utf-16-be"))
    assert all_bodies(path) == [{"thread_id": "t", "materials": {"logs": ["ERROR x\n"]}}]


def test_a_text_bears_the_name_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    path.write_text("We use tabs.\n")
    (source,) = find_sources(str(tmp_path))
    (body,) = bodies(source, "t")
    assert body["metadata"] == {"file": str(path)}
