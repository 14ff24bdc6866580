import re
from pathlib import Path

import agent_memory.store
from agent_memory.store.statements import statement

PACKAGE = Path(agent_memory.store.__file__).parent
NAMES = sorted(path.stem for path in (PACKAGE / "queries").glob("*.sql"))


def test_every_file_holds_one_statement() -> None:
    assert NAMES
    for name in NAMES:
        text = statement(name).decode()
        assert text.strip()
        assert ";" not in text, name


def test_every_statement_is_used_by_its_name() -> None:
    code = "\n".join(path.read_text() for path in PACKAGE.rglob("*.py"))

    used = set(re.findall(r'"([a-z]+(?:_[a-z]+)+)"', code))
    assert set(NAMES) <= used


def test_migrations_are_numbered_without_a_gap() -> None:
    names = sorted(path.stem for path in (PACKAGE / "migrations").glob("*.sql"))

    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
    assert all(re.fullmatch(r"\d{4}_[a-z0-9_]+", name) for name in names)
