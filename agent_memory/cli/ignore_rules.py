"""Which files of a folder are left out, by the rules of its `.gitignore` files (gitignore(5))."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

NAME = ".gitignore"
_TOKEN = re.compile(r"/\*\*/|\*\*/|/\*\*|\*|\?|\[!?\]?[^\]]*\]|\\.|.", re.DOTALL)
_WILD = {"/**/": "/(?:.*/)?", "**/": "(?:.*/)?", "/**": "/.*", "*": "[^/]*", "?": "[^/]"}


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: re.Pattern[str]
    is_kept: bool
    is_for_folders: bool


class IgnoreRules:
    """The rules of one file, for paths below its folder."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._rules = [rule for line in lines if (rule := _rule(line)) is not None]

    @classmethod
    def of(cls, folder: Path) -> Self | None:
        """None where the folder has no rules."""
        try:
            text = (folder / NAME).read_text(errors="replace")
        except OSError:
            return None
        return cls(text.splitlines())

    def verdict(self, path: str, *, is_folder: bool) -> bool | None:
        """Whether the path, relative and with slashes, is ignored; None where no rule is about it.
        The last rule counts."""
        for rule in reversed(self._rules):
            if (is_folder or not rule.is_for_folders) and rule.pattern.fullmatch(path):
                return not rule.is_kept
        return None


def _rule(line: str) -> _Rule | None:
    text = re.sub(r"(?<!\\) +$", "", line)
    if not text or text.startswith("#"):
        return None
    is_kept = text.startswith("!")
    text = text.removeprefix("!")
    is_for_folders = text.endswith("/")
    text = text.rstrip("/")
    if not text:
        return None
    is_anchored = "/" in text
    pattern = "".join(map(_translated, _TOKEN.findall(text.removeprefix("/"))))
    try:
        compiled = re.compile(pattern if is_anchored else f"(?:.*/)?{pattern}")
    except re.error:
        return None
    return _Rule(compiled, is_kept, is_for_folders)


def _translated(token: str) -> str:
    if token in _WILD:
        return _WILD[token]
    if len(token) > 1 and token[0] == "[":
        inner = token[1:-1].replace("\\", "\\\\")
        return f"[^{inner[1:]}]" if inner.startswith("!") else f"[{inner}]"
    return re.escape(token[1:] if len(token) > 1 and token[0] == "\\" else token)
