"""Which files of a folder are remembered."""

from pathlib import Path

import pytest

from agent_memory.cli.folder_walk import FolderWalk
from agent_memory.cli.ignore_rules import IgnoreRules


def made(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text\n")
    return folder


def walked(folder: Path, **patterns: list[str]) -> tuple[list[str], dict[str, int]]:
    walk = FolderWalk(folder, lambda path: path.suffix in {".md", ""}, **patterns)
    return [path.relative_to(folder).as_posix() for path in walk.files()], dict(walk.skipped)


def test_what_is_hidden_ignored_or_binary_is_left_out_and_counted(tmp_path: Path) -> None:
    made(tmp_path, "a.md", "b/c.md", ".git/HEAD", ".env", "node_modules/x.md", "build/x.md", "d.py")
    (tmp_path / ".gitignore").write_text("build/\n")
    (tmp_path / "blob").write_bytes(b"x\0y")
    assert walked(tmp_path) == (
        ["a.md", "b/c.md"],
        {"hidden": 3, "ignored": 2, "binary": 1, "of other kinds": 1},
    )


def test_patterns_take_more_in_and_leave_more_out(tmp_path: Path) -> None:
    made(tmp_path, "a.md", "b/c.md", "b/d.py")
    assert walked(tmp_path, include=["*.py"], exclude=["a.*"])[0] == ["b/c.md", "b/d.py"]


def test_rules_of_inner_folders_count_more(tmp_path: Path) -> None:
    made(tmp_path, "a.md", "b/a.md", "b/c.md")
    (tmp_path / ".gitignore").write_text("*.md\n")
    (tmp_path / "b" / ".gitignore").write_text("!c.md\n")
    assert walked(tmp_path)[0] == ["b/c.md"]


def test_text_in_utf_16_is_text(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("é", encoding="utf-16")
    assert walked(tmp_path)[0] == ["a.md"]


@pytest.mark.parametrize(
    ("line", "path", "is_ignored"),
    [
        ("*.log", "a/b.log", True),
        ("*.log", "a/b.logs", None),
        ("/a", "a", True),
        ("/a", "b/a", None),
        ("a/b", "a/b", True),
        ("a/b", "c/a/b", None),
        ("**/b", "x/y/b", True),
        ("a/**", "a/x/y", True),
        ("a/**/b", "a/b", True),
        ("a/**/b", "a/x/y/b", True),
        ("[ab].md", "b.md", True),
        ("[!ab].md", "b.md", None),
        ("?.md", "ab.md", None),
        ("# a", "# a", None),
        (r"\#a", "#a", True),
        (r"\!a", "!a", True),
        ("!a", "a", False),
        ("a ", "a", True),
        ("dir/", "dir", None),
        ("a.b", "axb", None),
    ],
)
def test_rules_mean_what_git_means(line: str, path: str, is_ignored: bool | None) -> None:
    assert IgnoreRules([line]).verdict(path, is_folder=False) is is_ignored


def test_a_rule_for_folders_is_for_folders_alone() -> None:
    assert IgnoreRules(["dir/"]).verdict("x/dir", is_folder=True) is True
