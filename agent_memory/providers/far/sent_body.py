"""A body that a client sent, made ready for a provider of the same protocol: every byte stays but
the model's name, what is ours, and what the model must read besides or must not read."""

import base64
import hashlib
from collections.abc import Callable, Iterator, Sequence

import orjson

from agent_memory.errors import InvalidRequest
from agent_memory.gateway.far import Question
from agent_memory.json_spans import Span, Splice, elements, members, spliced, without
from agent_memory.turns.messages import Message, Recollection
from agent_memory.turns.route import Wire
from agent_memory.turns.sent import Sent

IsForeign = Callable[[str], bool]
"""Whether a signature of thinking is another provider's than the one that is asked."""
_USAGE = b', "stream_options": {"include_usage": true}'
_TOOL_RESULT = "tool_result"


def body_onward(
    sent: Sent, model: str, messages: Sequence[Message], is_foreign: IsForeign | None = None
) -> bytes:
    """The body with the provider's name of the model, and in front of the user's words what memory
    recalled for them. is_foreign: thinking with such a signature is left out."""
    spans = _checked(list(members(sent.body)))
    named = next((span for span in spans if span.name == "model"), None)
    if named is None:
        raise InvalidRequest("model: Field required", "model")
    written = orjson.dumps(model)
    if sent.is_streamed and sent.path == "chat/completions":
        written += _usage_asked(sent.body, spans)
    splices = [Splice(named.value, named.end, written), *without(spans, sent.ours)]
    listed = next((span for span in spans if span.name == "messages"), None)
    if listed is not None:
        splices += _changes(sent, listed, messages, is_foreign)
    return spliced(sent.body, splices)


def recollected(message: Message) -> str:
    """All that was put in front of what the message says."""
    return "".join(part.text for part in message.parts if isinstance(part, Recollection))


def says_all(sent: Sent, question: Question) -> bool:
    """Whether the body has the whole conversation, so that it can go on as it came: not where the
    earlier messages are ours to know, or where something stands before a system prompt."""
    request = question.request
    if request.is_passing:
        return True
    if request.is_delta or request.continues is not None:
        return False
    pairs = zip(sent.origins, question.messages, strict=False)
    is_whole = len(sent.origins) == len(question.messages)
    return is_whole and not any(at < 0 and recollected(message) for at, message in pairs)


def _checked(spans: list[Span]) -> list[Span]:
    """A name that stands twice is read by one server so and by another one so: what was judged
    here might not be what is asked there."""
    names = [span.name for span in spans]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidRequest(f"The field '{twice}' stands twice in the body.", twice)
    return spans


def _usage_asked(body: bytes, spans: Sequence[Span]) -> bytes:
    """Without it a stream does not say what it used. See `watching` for what the client gets."""
    options = next((span for span in spans if span.name == "stream_options"), None)
    return b"" if options is not None and body[options.value : options.end] != b"null" else _USAGE


def asks_for_usage(body: bytes) -> bool:
    """Whether the client itself wants the usage at the end of its stream."""
    fields = orjson.loads(body)
    options = fields.get("stream_options") if isinstance(fields, dict) else None
    return isinstance(options, dict) and options.get("include_usage") is True


def _changes(
    sent: Sent, listed: Span, messages: Sequence[Message], is_foreign: IsForeign | None
) -> Iterator[Splice]:
    recalled = {
        origin: text
        for origin, message in zip(sent.origins, messages, strict=False)
        if (text := recollected(message)) and origin >= 0
    }
    if not recalled and is_foreign is None:
        return
    for at, entry in enumerate(elements(sent.body, listed.value)):
        added = recalled.get(at)
        if added is None and b'"signature"' not in sent.body[entry.value : entry.end]:
            continue
        content = next((s for s in members(sent.body, entry.value) if s.name == "content"), None)
        if content is None:
            continue
        if added is not None:
            yield _before_words(sent, content, added)
        elif is_foreign is not None and sent.wire is Wire.ANTHROPIC:
            yield from _without_thinking(sent.body, content, is_foreign)


def _before_words(sent: Sent, content: Span, text: str) -> Splice:
    """What was recalled, in front of the words of a message: within the text, or as a block of its
    own after the results of tools, which must come first."""
    body = sent.body
    if body[content.value : content.value + 1] == b'"':
        return Splice(content.value + 1, content.value + 1, orjson.dumps(text)[1:-1])
    block = orjson.dumps({"type": "text", "text": text})
    at = content.value + 1
    is_first = True
    for item in elements(body, content.value):
        kind = orjson.loads(body[item.value : item.end]).get("type")
        if kind == _TOOL_RESULT:
            at, is_first = item.end, False
    if not is_first:
        return Splice(at, at, b"," + block)
    has_more = body[at : content.end - 1].strip() != b""
    return Splice(at, at, block + (b"," if has_more else b""))


def _without_thinking(body: bytes, content: Span, is_foreign: IsForeign) -> Iterator[Splice]:
    if body[content.value : content.value + 1] != b"[":
        return
    items = list(elements(body, content.value))
    kept = [item for item in items if not _is_foreign(body, item, is_foreign)]
    if len(kept) == len(items):
        return
    if not kept:
        yield Splice(content.value, content.end, b'[{"type":"text","text":"(thought)"}]')
        return
    whole = b",".join(body[item.value : item.end] for item in kept)
    yield Splice(content.value, content.end, b"[" + whole + b"]")


def _is_foreign(body: bytes, item: Span, is_foreign: IsForeign) -> bool:
    block = orjson.loads(body[item.value : item.end])
    if not isinstance(block, dict):
        return False
    if block.get("type") == "redacted_thinking":
        return is_foreign(str(block.get("data", "")))
    if block.get("type") != "thinking":
        return False
    signature = str(block.get("signature", ""))
    return signature == local_signature(str(block.get("thinking", ""))) or is_foreign(signature)


def local_signature(thinking: str) -> str:
    """What stands in the place of a signature where the local engine has thought: a digest."""
    digest = hashlib.sha256(b"agent_memory.thinking.1\x00" + thinking.encode()).digest()
    return base64.b64encode(digest).decode()
