"""Messages in one form, whichever API they came through."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Thinking:
    """Reasoning that the model wrote before its answer; clients may drop it from history.

    signature: by which the provider `signed_by` knows it again; nobody else may be given it.
    is_redacted: `signature` is all there is of it.
    """

    text: str
    signature: str = ""
    signed_by: str = ""
    is_redacted: bool = False


@dataclass(frozen=True, slots=True)
class Media:
    """Something to be seen, heard or read that is no text. The local engine reads `note` instead.

    kind: `image`, `document` or `audio`. data: base64; or url: where a provider finds it.
    """

    kind: str
    media_type: str = ""
    data: str = ""
    url: str = ""
    title: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A call that the model made. `arguments` is JSON text of an object.

    Of a call that was cut off, or that the model has written wrongly, `arguments` are what it wrote
    and no whole object; `name` is empty where it was cut off before its name was known.
    """

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ToolResult:
    tool_use_id: str
    content: str
    is_error: bool = False
    media: tuple[Media, ...] = ()


@dataclass(frozen=True, slots=True)
class Recollection:
    """What memory put in front of the user's words: the model reads it, the client never wrote it.

    It is no part of what the message says: a client that sends the history back leaves it out, and
    the message is still the same. item_ids: what was recalled, in the order of the text.
    num_tokens: of the text, to the model that was served then.
    """

    text: str
    item_ids: tuple[str, ...] = ()
    num_tokens: int = 0


Part = Text | Thinking | Media | ToolUse | ToolResult | Recollection


@dataclass(frozen=True, slots=True)
class Message:
    role: Role
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """The text parts, joined as they stand."""
        return "".join(part.text for part in self.parts if isinstance(part, Text))

    def after_text(self, text: str) -> "Message":
        """The message with `text` in front of it."""
        if not text:
            return self
        first, rest = self.parts[:1], self.parts[1:]
        match first:
            case (Text(text=said),):
                return Message(self.role, (Text(text + said), *rest))
            case _:
                return Message(self.role, (Text(text), *self.parts))

    def without_text(self, text: str) -> "Message":
        """The message without `text`, if it begins with that."""
        first = self.parts[0] if self.parts else None
        if not text or not isinstance(first, Text) or not first.text.startswith(text):
            return self
        said = first.text.removeprefix(text)
        return Message(self.role, (*((Text(said),) if said else ()), *self.parts[1:]))

    @property
    def recollection(self) -> Recollection | None:
        """What memory put in front of it, if anything."""
        return next((part for part in self.parts if isinstance(part, Recollection)), None)


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool that the model may call. `parameters` is a JSON schema.

    is_deferred: the conversation itself tells the model of it, so the template does not.
    """

    name: str
    description: str
    parameters: Mapping[str, object]
    is_deferred: bool = False


class ToolMode(StrEnum):
    AUTO = "auto"
    NONE = "none"
    REQUIRED = "required"
    NAMED = "named"


@dataclass(frozen=True, slots=True)
class ToolChoice:
    """only: the names of the tools that may be called, of all that the model reads; None: each."""

    mode: ToolMode = ToolMode.AUTO
    name: str | None = None
    only: tuple[str, ...] | None = None

    def callable_of(self, tools: Sequence[ToolSpec]) -> tuple[ToolSpec, ...]:
        """Those of `tools` that may be called."""
        if self.mode is ToolMode.NONE:
            return ()
        named = (self.name,) if self.mode is ToolMode.NAMED else self.only
        return tuple(tool for tool in tools if named is None or tool.name in named)
