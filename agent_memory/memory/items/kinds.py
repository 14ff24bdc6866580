"""The words of memory: what kinds of things there are, in which states, linked by what."""

from enum import StrEnum


class MaterialKind(StrEnum):
    """What a raw text is, which decides how it is read."""

    CHAT = "chat"
    DIFF = "diff"
    LOG = "log"


class ItemKind(StrEnum):
    """What a remembered item is."""

    CHAT = "chat"
    """One message of a conversation, whole."""
    DECISION = "decision"
    REQUIREMENT = "requirement"
    CONSTRAINT = "constraint"
    TASK = "task"
    PREFERENCE = "preference"
    GLOSSARY = "glossary"
    QUESTION = "question"
    ERROR = "error"
    """A logged error without a parsed stack."""
    STACK = "stack"
    """A stack trace that no test failure owns."""
    TEST_FAILURE = "test_failure"
    LOG = "log"
    """A template of log lines, with how often it occurred."""
    DIFF = "diff"
    """The change of one file, or of one hunk of it."""
    ARTIFACT = "artifact"
    """A reference to code: a file or a symbol that was spoken of."""


SEMANTIC = frozenset(
    {
        ItemKind.DECISION,
        ItemKind.REQUIREMENT,
        ItemKind.CONSTRAINT,
        ItemKind.TASK,
        ItemKind.PREFERENCE,
        ItemKind.GLOSSARY,
        ItemKind.QUESTION,
    }
)
FAILURES = frozenset({ItemKind.ERROR, ItemKind.STACK, ItemKind.TEST_FAILURE})


class ItemState(StrEnum):
    ACTIVE = "active"
    SUPERSEDED = "superseded"
    """A newer statement about the same subject took its place; readable, marked, ranked last."""
    MERGED = "merged"
    """A duplicate of another item, which stands for it."""
    ARCHIVED = "archived"
    """Out of the default index, still readable."""


class Role(StrEnum):
    """Whose words an item's are."""

    USER = "user"
    ASSISTANT = "assistant"
    SYSTEM = "system"
    TOOL = "tool"


class KeyKind(StrEnum):
    """What two items can have in common, so that one leads to the other."""

    FILE = "file"
    SYMBOL = "symbol"
    TEST = "test"
    FINGERPRINT = "fingerprint"
