"""Names of classes, functions and tests, made into keys."""

import re
from collections.abc import Iterable

from agent_memory.memory.extraction.failures.failure import Test
from agent_memory.memory.extraction.trace import Frame
from agent_memory.memory.items.item import Key
from agent_memory.memory.items.kinds import KeyKind
from agent_memory.memory.search.paths import file_keys, stem

_ANONYMOUS = re.compile(r"\$(?:\d+|\$?Lambda).*$|\$\d+")
_GENERIC = re.compile(r"<[^<>]*>|::h[0-9a-f]{16}$|\(\*?([\w.]+)\)")
_SEPARATORS = re.compile(r"::|[.#$/]")
_SAID_OF_MANY = frozenset(
    [
        "<init>",
        "<clinit>",
        "<module>",
        "<lambda>",
        "call",
        "apply",
        "run",
        "main",
        "test",
        "get",
        "set",
        "invoke",
        "execute",
        "closure",
        "init",
        "new",
        "wrapper",
        "inner",
        "func",
        "func1",
        "func2",
        "handler",
        "default",
        "index",
        "self",
        "this",
        "object",
        "error",
        "close",
        "open",
        "start",
        "stop",
        "size",
        "length",
        "name",
        "value",
        "key",
        "add",
        "remove",
        "update",
        "delete",
        "next",
        "read",
        "write",
        "parse",
        "equals",
        "hashcode",
        "tostring",
        "accept",
        "visit",
        "process",
        "print",
        "append",
        "create",
        "build",
        "load",
        "save",
    ]
)
"""Names that say nothing without their class."""
_SHORTEST = 3


def symbol_keys(name: str) -> tuple[Key, ...]:
    """`org.x.Foo.getBar` -> Foo.getBar, Foo, getBar: so that a stack and a diff meet."""
    name = _GENERIC.sub(lambda match: match.group(1) or "", _ANONYMOUS.sub("", name))
    parts = [part for part in _SEPARATORS.split(name) if part and part not in _HOLLOW]
    if not parts:
        return ()
    forms: list[str] = []
    if len(parts) > 1:
        owner = parts[-2]
        forms.append(f"{owner}.{parts[-1]}")
        if owner[:1].isupper():
            forms.append(owner)
    if len(parts[-1]) >= _SHORTEST and parts[-1].lower() not in _SAID_OF_MANY:
        forms.append(parts[-1])
    return tuple(Key(KeyKind.SYMBOL, form) for form in dict.fromkeys(forms))


_HOLLOW = frozenset({"<locals>", "<init>", "<clinit>", "<anonymous>", "<lambda>", "<module>"})


def frame_keys(frames: Iterable[Frame]) -> tuple[Key, ...]:
    """The files and symbols of a stack's frames."""
    keys: list[Key] = []
    for frame in frames:
        if frame.file is not None:
            keys.extend(file_keys(frame.file))
        keys.extend(symbol_keys(frame.function))
    return tuple(dict.fromkeys(keys))


def keys_of_test(test: Test) -> tuple[Key, ...]:
    """The test's id without parameters, and `Class.method` or `file stem.function`."""
    name = test.name.split("[", 1)[0].strip()
    suite = (test.suite or test.file or "").strip()
    owner = suite
    if "::" in name:
        owner, _, name = name.rpartition("::")
    forms = [Test(name, suite).test_id if owner == suite else f"{suite}::{owner}::{name}"]
    short = _short_owner(owner)
    forms.append(f"{short}.{name}" if short else name)
    keys = [Key(KeyKind.TEST, form.strip(":")) for form in dict.fromkeys(forms)]
    if test.file is not None:
        keys.extend(file_keys(test.file))
    elif "/" in suite:
        keys.extend(file_keys(suite))
    return tuple(dict.fromkeys(keys))


def _short_owner(owner: str) -> str:
    if "/" in owner or owner.endswith(".py"):
        return stem(owner)
    return _SEPARATORS.split(owner)[-1]
