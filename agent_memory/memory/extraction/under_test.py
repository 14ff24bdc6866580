"""The code under test, by the test's name: `FooTests` tests `Foo`, `test_foo.py` tests `foo.py`."""

import re

from agent_memory.memory.extraction.failures.failure import Test
from agent_memory.memory.items.item import Key
from agent_memory.memory.items.kinds import KeyKind
from agent_memory.memory.search.paths import base_name

_CLASS = re.compile(r"^(?:Tests?|IT)(?=[A-Z])|(?<=\w)(?:Tests?|TestCase|TestSuite|IT|Spec)$")
_FILE = re.compile(r"^test_(?=\w)|(?<=\w)(?:_test|\.test|\.spec|_spec|Tests?|TestCase)(?=\.\w+$)")
_SEPARATORS = re.compile(r"::|[.$/]")


def names_under_test(test: Test) -> tuple[str, ...]:
    """Of a class or a file, or of both; empty when the names tell nothing."""
    return tuple(key.value for key in keys_under_test(test))


def keys_under_test(test: Test) -> tuple[Key, ...]:
    keys = [_file_key(path) for path in (test.file, test.suite) if path and "." in path]
    if test.suite and "/" not in test.suite:
        keys.append(_class_key(_SEPARATORS.split(test.suite)[-1]))
    if "::" in test.name:
        keys.append(_class_key(test.name.split("::", 1)[0]))
    return tuple(dict.fromkeys(key for key in keys if key is not None))


def _class_key(name: str) -> Key | None:
    tested = _CLASS.sub("", name, count=1)
    return Key(KeyKind.SYMBOL, tested) if tested not in {"", name} else None


def _file_key(path: str) -> Key | None:
    name = base_name(path)
    tested = _FILE.sub("", name, count=1)
    return Key(KeyKind.FILE, tested) if tested != name else None
