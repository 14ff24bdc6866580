"""Paths of source files: found in text, brought to one form, and made into keys."""

import re

from agent_memory.memory.items.item import Key
from agent_memory.memory.items.kinds import KeyKind

_EXTENSIONS = (
    "bash|bat|cc|cfg|cjs|clj|conf|cpp|cs|css|csv|cxx|dart|env|erl|exs?|go|gradle|groovy|hh|hpp|"
    "hs|html?|ini|ipynb|java|json|jsonl|jsx?|kts?|lock|log|lua|md|mjs|mm|php|pl|properties|proto|"
    "ps1|pyi?|rb|rs|rst|scala|scss|sh|sql|svelte|swift|tf|toml|tsx?|txt|vue|xml|ya?ml|zsh|[chm]"
)
_HAS_EXTENSION = re.compile(rf"\w\.(?:{_EXTENSIONS})\b(?!\.?\w)")
_PATH = re.compile(
    rf"(?<![\w/.:\\@-])(?:[A-Za-z]:[\\/]|~/|file://)?[\w./\\@+-]*\w\.(?:{_EXTENSIONS})\b(?!\.?\w)"
)
_DIFF_PREFIX = re.compile(r"^[abciow]/(?=.)")
_NAMES_OF_THINGS = frozenset(
    [
        "angular.js",
        "backbone.js",
        "chart.js",
        "d3.js",
        "deck.gl",
        "ember.js",
        "express.js",
        "moment.js",
        "next.js",
        "node.js",
        "nuxt.js",
        "react.js",
        "socket.io",
        "three.js",
        "vue.js",
        "asp.net",
    ]
)
_SAID_OF_MANY = frozenset(
    [
        "__init__.py",
        "__main__.py",
        "build.gradle",
        "cargo.toml",
        "changelog.md",
        "cmakelists.txt",
        "conftest.py",
        "index.css",
        "index.html",
        "index.js",
        "index.jsx",
        "index.ts",
        "index.tsx",
        "lib.rs",
        "main.go",
        "main.py",
        "main.rs",
        "mod.rs",
        "package.json",
        "pom.xml",
        "pyproject.toml",
        "readme.md",
        "requirements.txt",
        "settings.py",
        "setup.py",
        "utils.py",
        "utils.js",
        "utils.ts",
    ]
)
"""Base names that many folders have: alone they lead nowhere."""

LONGEST = 400
"""Characters; what is longer is no path that people speak of."""


def find_paths(text: str) -> tuple[tuple[str, int], ...]:
    """Paths of files in a text, as written, each with the place where it begins."""
    if _HAS_EXTENSION.search(text) is None:
        return ()
    return tuple(
        (match.group(), match.start())
        for match in _PATH.finditer(text)
        if match.group().lower() not in _NAMES_OF_THINGS and len(match.group()) <= LONGEST
    )


def normal_path(path: str) -> str:
    """With forward slashes, without quotes, drive, `./` and the `a/` and `b/` of diffs."""
    path = path.strip().strip("\"'").replace("\\", "/").removeprefix("file://")
    if len(path) > 1 and path[1] == ":":
        path = path[2:]
    while path.startswith("./"):
        path = path[2:]
    return path


def without_diff_prefix(path: str) -> str:
    """`a/src/x.py` -> `src/x.py`: only for paths that a diff names."""
    return _DIFF_PREFIX.sub("", normal_path(path), count=1)


def base_name(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def stem(path: str) -> str:
    """The base name without its last extension."""
    return base_name(path).rsplit(".", 1)[0] or base_name(path)


def file_keys(path: str) -> tuple[Key, ...]:
    """The path, its last two components, and its base name unless that is said of many: so that
    an absolute path, one relative to the project and a bare name all meet."""
    normal = normal_path(path)
    components = [part for part in normal.split("/") if part]
    if not components:
        return ()
    forms = ["/".join(components), "/".join(components[-2:])]
    if components[-1].lower() not in _SAID_OF_MANY or len(components) == 1:
        forms.append(components[-1])
    return tuple(Key(KeyKind.FILE, form) for form in dict.fromkeys(forms))


def keys_of_named_files(text: str) -> tuple[Key, ...]:
    """Of every file that a text names."""
    keys = (key for path, _ in find_paths(text) for key in file_keys(path))
    return tuple(dict.fromkeys(keys))
