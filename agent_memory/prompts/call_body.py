"""The text between the markers of one tool call, as it comes in."""

import json
import re
from collections.abc import Set as AbstractSet

from agent_memory.prompts.json_scanner import JsonScanner

_HEAD = re.compile(
    r'\s*\{\s*"name"\s*:\s*(?P<name>"(?:[^"\\]|\\.)+")\s*,\s*"(?:arguments|parameters)"\s*:\s*'
    r'(?P<arguments>\{\s*["}])',
    re.DOTALL,
)
_LONGEST_HEAD = 512


class CallBody:
    """Reads `{"name": …, "arguments": {…}}` and gives the arguments out as they arrive.

    They are given out from the point where the name is known and the arguments have begun as an
    object should, so that nothing has to be taken back. Every other body (another order of keys,
    another format, a name that is not among `names`) is kept in `raw` until it is finished.
    """

    def __init__(self, *, is_json: bool, names: AbstractSet[str] | None = None) -> None:
        self.name: str | None = None
        """The function's name, once its arguments are being given out."""
        self.raw = ""
        """All of it, as the model wrote it."""
        self._may_stream = is_json
        self._names = names
        self._scanner = JsonScanner()
        self._num_read = 0

    @property
    def is_in_string(self) -> bool:
        """Whether what comes next belongs to a string of the arguments, markers included."""
        return self.name is not None and self._scanner.is_in_string

    @property
    def unread(self) -> str:
        """What follows the arguments, or the point where they stopped being JSON."""
        return self.raw[self._num_read - self._scanner.num_undecided :]

    @property
    def is_complete(self) -> bool:
        return self._scanner.is_complete

    @property
    def is_broken(self) -> bool:
        return self._scanner.is_broken

    def feed(self, text: str) -> str:
        """Read on; the argument text that can be given out now."""
        self.raw += text
        if self.name is None and self._may_stream:
            self._find_head()
        if self.name is None or self._scanner.is_complete or self._scanner.is_broken:
            return ""
        arguments, num_read = self._scanner.feed(self.raw[self._num_read :])
        self._num_read += num_read
        return arguments

    def close(self) -> str | None:
        """The brackets that make the arguments given out so far a whole object, once the model has
        ended the call; None where brackets alone cannot."""
        return "" if self._scanner.is_complete else self._scanner.close()

    def cut(self) -> str:
        """The end of the arguments as the model wrote it, where they are not whole."""
        return self._scanner.cut() + self.raw[self._num_read :]

    def _find_head(self) -> None:
        head = _HEAD.match(self.raw)
        if head is None or head.end() > _LONGEST_HEAD:
            self._may_stream = len(self.raw) < _LONGEST_HEAD
            return
        try:
            name = json.loads(head["name"], strict=False)
        except ValueError:
            self._may_stream = False
            return
        if self._names is not None and name not in self._names:
            self._may_stream = False
            return
        self.name = name
        self._num_read = head.start("arguments")
