"""A failure as an item: short to read, and found by every name in it."""

from agent_memory.json_value import Json
from agent_memory.memory.extraction.failures.failure import Failure
from agent_memory.memory.extraction.findings import Passage
from agent_memory.memory.extraction.fingerprint import fingerprint
from agent_memory.memory.extraction.lines import Lines
from agent_memory.memory.extraction.masks import mask
from agent_memory.memory.extraction.stamps import last_stamp_before
from agent_memory.memory.extraction.symbols import frame_keys, keys_of_test
from agent_memory.memory.extraction.trace import Frame
from agent_memory.memory.extraction.under_test import keys_under_test, names_under_test
from agent_memory.memory.items.content_hash import content_hash
from agent_memory.memory.items.item import Draft, Key
from agent_memory.memory.items.kinds import ItemKind, KeyKind, Role
from agent_memory.memory.search.identifiers import split_identifiers

_MAX_MESSAGE = 1000
_MAX_CAUSES = 4


def failure_draft(failure: Failure, lines: Lines, passage: Passage) -> Draft:
    name = fingerprint(failure)
    begin, end = lines.extent(failure.begin, failure.end)
    text = describe(failure) or passage.text[begin:end].strip()[:_MAX_MESSAGE]
    kind = ItemKind.TEST_FAILURE if failure.test is not None else ItemKind.STACK
    test_id = failure.test.test_id if failure.test is not None else ""
    occurred_at = last_stamp_before(lines, failure.begin, passage.occurred_at)
    return Draft(
        kind=kind,
        text=text,
        span=passage.span(begin, end),
        occurred_at=occurred_at,
        last_occurred_at=occurred_at,
        content_hash=content_hash(kind, mask(failure.message), name, test_id),
        context=_context(failure),
        search_text=" ".join(search_words_of(failure)),
        role=Role.TOOL,
        source=passage.source,
        fingerprint=name,
        keys=keys_of_failure(failure),
        metadata=_metadata(failure),
    )


def describe(failure: Failure) -> str:
    """Test, exception with message, the project's frames, and what led to it."""
    parts = [] if failure.test is None else [failure.test.test_id]
    parts.append(head_of(failure))
    parts.extend(f"  at {_place(frame)}" for frame in failure.frames)
    parts.extend(f"caused by {cause[:_MAX_MESSAGE]}" for cause in failure.causes[:_MAX_CAUSES])
    return "\n".join(part for part in parts if part)


def head_of(failure: Failure) -> str:
    """`Type: message`."""
    message = failure.message[:_MAX_MESSAGE]
    return f"{failure.exception}: {message}".strip(": ") if message else failure.exception


def _place(frame: Frame) -> str:
    line = f":{frame.line}" if frame.line is not None else ""
    return f"{frame.function} ({frame.file}{line})".strip() if frame.file else frame.function


def _context(failure: Failure) -> str:
    what = "failed test" if failure.test is not None else "stack trace"
    return f"{what}, {failure.language}" if failure.language else what


def keys_of_failure(failure: Failure) -> tuple[Key, ...]:
    """Its fingerprint, its test and what that tests, the files and symbols of its stack."""
    keys = [Key(KeyKind.FINGERPRINT, fingerprint(failure))]
    if failure.test is not None:
        keys.extend((*keys_of_test(failure.test), *keys_under_test(failure.test)))
    keys.extend(frame_keys(failure.frames))
    return tuple(dict.fromkeys(keys))


def search_words_of(failure: Failure) -> tuple[str, ...]:
    """What it tests, and the words of every identifier in it: not shown, but searched for."""
    tested = names_under_test(failure.test) if failure.test is not None else ()
    split = split_identifiers(" ".join((describe(failure), *tested)))
    return (*tested, *split)


def _metadata(failure: Failure) -> dict[str, Json]:
    frames: list[Json] = [_place(frame) for frame in failure.frames]
    metadata: dict[str, Json] = {
        "exception": failure.exception,
        "message": failure.message[:_MAX_MESSAGE],
        "frames": frames,
    }
    if failure.test is not None:
        metadata["test"] = failure.test.test_id
    if failure.causes:
        metadata["causes"] = [cause[:_MAX_MESSAGE] for cause in failure.causes[:_MAX_CAUSES]]
    return metadata
