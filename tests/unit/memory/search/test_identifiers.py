"""The words inside identifiers."""

import pytest

from agent_memory.memory.search.identifiers import split_identifiers


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("getUserName", ("get", "user", "name")),
        ("MAX_SIZE", ("max", "size")),
        ("HTTPServer2", ("http", "server", "2")),
        ("parse_row(lastLine)", ("parse", "row", "last", "line")),
        ("plain words only, and CAPS", ()),
        ("org.x.FooBar", ("foo", "bar")),
    ],
)
def test_compound_identifiers_are_split(text: str, words: tuple[str, ...]) -> None:
    assert split_identifiers(text) == words
