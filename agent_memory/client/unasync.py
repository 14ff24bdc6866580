"""Makes `_sync/` from `_async/`: `python agent_memory/client/unasync.py`.

The client is written once, with `async`. A test makes it again and compares.
"""

import re
from collections.abc import Mapping
from pathlib import Path

PACKAGE = Path(__file__).parent / "agent_memory_client"
_WORDS = (
    (r"\basync (def|with|for)\b", r"\1"),
    (r"\bawait ", ""),
    (r"\b_async\b", "_sync"),
    (
        r"\bAsync(Client|Contexts|Memory|MemoryTool|Sessions|Files|Transport|Usage|Iterator)\b",
        r"\1",
    ),
    (r"\bAsyncGenerator\[(\w+), None\]", r"Generator[\1, None, None]"),
    (r"\bAsyncGenerator\b", "Generator"),
    (r"\bBetaAsync", "Beta"),
    (r"\basynccontextmanager\b", "contextmanager"),
    (r"\ba(close|read|iter_lines|iter_bytes)\b", r"\1"),
    (r"__a(enter|exit)__", r"__\1__"),
    (r"  # noqa: ASYNC\d+.*$", ""),
    (r"\bimport asyncio\b", "import time"),
    (r"\basyncio\.sleep\b", "time.sleep"),
    (
        r"^\"\"\"The client, written once; `_sync/` is made from it\.\"\"\"",
        '"""Made from `_async/` by unasync.py; do not edit."""',
    ),
)


def sync_sources() -> Mapping[Path, str]:
    """The text of every file of `_sync/`."""
    return {
        PACKAGE / "_sync" / path.name: _without_async(path.read_text(encoding="utf-8"))
        for path in sorted((PACKAGE / "_async").glob("*.py"))
    }


def _without_async(text: str) -> str:
    for pattern, replacement in _WORDS:
        text = re.sub(pattern, replacement, text, flags=re.MULTILINE)
    return _one_line_parens(text)


def _one_line_parens(text: str) -> str:
    """`(call()).name`, where an `await` stood inside, is `call().name`."""
    return re.sub(
        r"(?<![\w\])])\((self\.[\w.]+\([^()]*\)|client\.[\w.]+\([^()]*\))\)\.", r"\1.", text
    )


if __name__ == "__main__":
    for path, text in sync_sources().items():
        path.write_text(text, encoding="utf-8")
