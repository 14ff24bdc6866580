"""One-line reports of failed tests, which name what no block describes."""

import re

from agent_memory.memory.extraction.failures.failure import Failure, Test
from agent_memory.memory.extraction.lines import Lines

_PYTEST = re.compile(r"(?:FAILED|ERROR) (\S+\.py)(?:::(\S+(?:\[.*?\])?))?(?: - (.*))?$")
_TYPE = re.compile(r"([A-Za-z_][\w.]*)(?:: (.*)|$)")
_CARGO = re.compile(r"test (\S+)(?: - should panic)? \.\.\. FAILED$")
_MAVEN = re.compile(r"\s*([A-Z][\w$]*)(?:>\w+)?\.([^\s:.]+):(\d+)(?:->\S+)?(?: »)? ?(.*)$")


def read_summary(lines: Lines, at: int) -> Failure | None:
    """The failure that line `at` reports by itself."""
    text = lines.texts[at]
    if text.startswith(("FAILED ", "ERROR ")) and (match := _PYTEST.match(text)) is not None:
        return _pytest(match, at)
    if " ... FAILED" in text and (match := _CARGO.match(text)) is not None:
        return Failure(Test(match.group(1)), "", "", (), at, at + 1, language="rust")
    if "Test" in text and (match := _MAVEN.match(text)) is not None:
        suite, name, _, message = match.groups()
        return Failure(Test(name, suite), "", message, (), at, at + 1, language="java")
    return None


def _pytest(match: re.Match[str], at: int) -> Failure:
    file, name, said = match.groups()
    head = _TYPE.match(said) if said else None
    if said and (head is None or said.startswith("assert ")):
        exception, message = "AssertionError", said
    else:
        exception, message = (head.group(1), head.group(2) or "") if head else ("", "")
    test = Test(name or "(collection)", file, file)
    return Failure(test, exception, message, (), at, at + 1, language="python")
