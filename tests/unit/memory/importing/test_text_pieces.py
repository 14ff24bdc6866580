"""Long diffs and logs are cut where nothing is torn."""

from agent_memory.memory.importing.text_pieces import MAX_TEXT_BYTES, diff_pieces, log_pieces
from agent_memory.memory.items.kinds import ItemKind
from tests.unit.memory.extraction.materials import of_kind, read_diff, read_log


def head(name: str) -> str:
    return f"diff --git a/{name} b/{name}\n--- a/{name}\n+++ b/{name}\n"


def hunk(at: int, num_added: int) -> str:
    added = "".join(f"+value_{at}_{number} = {number}\n" for number in range(num_added))
    return f"@@ -{at},0 +{at},{num_added} @@\n{added}"


def num_added(pieces: list[str]) -> int:
    drafts = [draft for piece in pieces for draft in read_diff(piece) if draft.source is None]
    return sum(int(str(draft.metadata["num_added"])) for draft in drafts)


def test_a_diff_of_many_files_is_cut_between_them() -> None:
    files = [head(f"src/f{number}.py") + hunk(1, 200) for number in range(80)]
    pieces = list(diff_pieces("".join(files)))
    assert len(pieces) > 2
    assert "".join(pieces) == "".join(files)
    assert all(piece.startswith("diff --git ") for piece in pieces)
    assert num_added(pieces) == 80 * 200


def test_a_long_file_is_cut_between_hunks_with_its_head_before_each_piece() -> None:
    text = head("src/long.py") + "".join(hunk(1 + 300 * at, 150) for at in range(80))
    pieces = list(diff_pieces(text))
    assert len(pieces) > 2
    assert all(piece.startswith(head("src/long.py") + "@@ ") for piece in pieces)
    assert all(len(piece.encode()) <= MAX_TEXT_BYTES for piece in pieces)
    assert num_added(pieces) == 80 * 150


def test_a_long_hunk_is_cut_into_hunks_that_count_their_own_lines() -> None:
    text = head("src/new.py") + hunk(1, 20_000) + head("src/next.py") + hunk(5, 3)
    pieces = list(diff_pieces(text))
    assert all(len(piece.encode()) <= MAX_TEXT_BYTES for piece in pieces)
    assert num_added(pieces) == 20_003
    assert {draft.metadata["path"] for draft in read_diff(pieces[1])} == {"src/new.py"}


def test_the_message_of_a_commit_stands_in_each_piece() -> None:
    commit = "commit " + "a" * 40 + "\nAuthor: A <a@b.c>\n\n    Rename the ledger\n\n"
    text = commit + "".join(head(f"src/f{n}.py") + hunk(1, 400) for n in range(40))
    drafts = [draft for piece in diff_pieces(text) for draft in read_diff(piece)]
    assert {draft.metadata["subject"] for draft in drafts} == {"Rename the ledger"}


def traceback(number: int) -> str:
    frames = "".join(
        f'  File "app/m{place}.py", line {number}, in f{place}\n    f{place}()\n'
        for place in range(20)
    )
    return f"Traceback (most recent call last):\n{frames}ValueError: order {number} is void\n"


def test_a_log_is_cut_between_records() -> None:
    text = "".join(
        f"2026-11-03 09:00:00 ERROR job {number} broke\n{traceback(number)}"
        for number in range(300)
    )
    pieces = list(log_pieces(text))
    assert len(pieces) > 3
    assert "".join(pieces) == text
    assert all(len(piece.encode()) <= MAX_TEXT_BYTES for piece in pieces)
    stacks = [stack for piece in pieces for stack in of_kind(read_log(piece), ItemKind.STACK)]
    assert sum(stack.num_occurrences for stack in stacks) == 300


def test_a_log_below_a_prefix_is_cut_between_records() -> None:
    lines = "".join(f"job {number} broke\n{traceback(number)}" for number in range(200))
    text = "".join(f"2026-11-03T09:12:04.1234567Z {line}\n" for line in lines.splitlines())
    pieces = list(log_pieces(text))
    assert len(pieces) > 3
    stacks = [stack for piece in pieces for stack in of_kind(read_log(piece), ItemKind.STACK)]
    assert sum(stack.num_occurrences for stack in stacks) == 200
