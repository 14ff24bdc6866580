"""A model's chat template: messages in, prompt text out, whatever the template can do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from jinja2.exceptions import TemplateError
from mlx_lm.tokenizer_utils import TokenizerWrapper

from agent_memory.device.text.template_files import tools_where_none_are
from agent_memory.device.text.think_marks import think_marks
from agent_memory.errors import InvalidRequest
from agent_memory.prompts.control_marks import ControlMarks, CutText
from agent_memory.prompts.guarded import guarded_chat
from agent_memory.prompts.inline_thinking import thinking_apart
from agent_memory.prompts.own_tags import without_own_tags
from agent_memory.prompts.preamble import stable_messages
from agent_memory.prompts.template_abilities import TemplateAbilities, TemplateMessage
from agent_memory.prompts.template_messages import template_messages, template_tools
from agent_memory.prompts.template_probe import TemplateProbe
from agent_memory.turns.messages import Message, Role, Text, ToolSpec, ToolUse

_TEMPLATE_ERRORS = (
    TemplateError,
    TypeError,
    ValueError,
    ArithmeticError,
    LookupError,
    AttributeError,
    RecursionError,
)
_USER = Message(Role.USER, (Text("Uq7"),))
_ASSISTANT = Message(Role.ASSISTANT, (Text("Aq7"),))


@dataclass(frozen=True, slots=True)
class RenderedText:
    """A prompt as the template wrote it.

    generation_suffix: the part of it that opens the assistant's turn.
    cut: what stands in it wherever a text was cut; empty where none was.
    """

    prompt: str
    generation_suffix: str
    cut: str


class ChatTemplate:
    """Renders conversations and knows what the template refuses.

    What it accepts is found out once, by rendering small conversations. What a conversation says
    is cut where it spells one of `marks`, so that only the template's own are control tokens.
    """

    def __init__(self, tokenizer: TokenizerWrapper, marks: ControlMarks) -> None:
        self._tokenizer = tokenizer
        self._marks = marks
        self.exists = bool(tokenizer.has_chat_template)
        self._no_tools = tools_where_none_are(tokenizer) if self.exists else None
        self._thinks = think_marks(tokenizer) is not None
        self.abilities = self._probe() if self.exists else TemplateAbilities(has_tools=False)
        self._think_marks = self._inline_think_marks() if self.exists else None
        self._headers: dict[bool | None, tuple[str, str]] = {}

    def write_tools_in_words(self) -> None:
        """The model's own calls cannot be read back: it is told of tools in plain text."""
        probe = TemplateProbe(self._rendered, can_read_calls=False)
        self.abilities = probe.abilities()

    @cached_property
    def can_turn_thinking_off(self) -> bool:
        """Whether a prompt without thinking is another than one with it."""
        if not self.exists:
            return False
        try:
            with_it = self.render([_USER], (), thinking=True)
            return with_it != self.render([_USER], (), thinking=False)
        except InvalidRequest:
            return False

    def render(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSpec],
        thinking: bool | None,
        *,
        effort: str | None = None,
        spoken: Mapping[str, Sequence[ToolUse]] = {},
    ) -> RenderedText:
        """The whole conversation as text.

        effort: how hard the model is to think, where it can be told. spoken: texts of the assistant
        that take the place of recorded tokens, with the calls that are in those.

        Raises InvalidRequest when the template refuses the conversation.
        """
        if not self.exists:
            raise InvalidRequest(
                "This model has no chat template; send a prompt to /v1/completions.", "messages"
            )
        try:
            stable = stable_messages(messages)
            if self._think_marks is not None:
                stable = tuple(thinking_apart(each, *self._think_marks) for each in stable)
            spelled = without_own_tags(stable, self.abilities)
            said = [Message(Role.ASSISTANT, tuple(calls)) for calls in spoken.values()]
            chat = guarded_chat([*spelled, *said], tools, self._marks)
            replaced = {
                text: [part for part in message.parts if isinstance(part, ToolUse)]
                for text, message in zip(spoken, chat.messages[len(spelled) :], strict=True)
            }
            conversation = chat.messages[: len(spelled)]
            prompt, suffix = self._prompt(conversation, chat.tools, thinking, effort, replaced)
        except _TEMPLATE_ERRORS as error:
            raise InvalidRequest(
                f"The model's chat template refuses these messages: {error}", "messages"
            ) from error
        is_cut = bool(chat.cut) and chat.cut in suffix
        return RenderedText(prompt, "" if is_cut else suffix, chat.cut)

    def with_suffix(self, text: str, suffix: str, thinking: bool | None) -> str:
        """`text`, which ends where a message of the assistant begins in the history, with its end
        as it was when that message was generated."""
        if suffix and text.endswith(suffix):
            return text
        header, anchor = self._header(thinking)
        if header and text.endswith(header):
            return text[: -len(header)] + suffix
        at = text.rfind(anchor) if anchor else -1
        if at < 0 or not suffix.startswith(anchor) or self._ends_turn(text[at:]):
            return text
        return text[:at] + suffix

    def lead_in(self, suffix: str, thinking: bool | None) -> str:
        """The tokens between `suffix`, which opens a turn, and the text of an answer.

        Raises InvalidRequest where the model thinks before any answer.
        """
        marks = think_marks(self._tokenizer)
        if marks is not None and suffix.rstrip().endswith(marks[0]):
            raise InvalidRequest(
                "This model begins every answer with thinking, so that no answer can be begun for "
                "it: the last message must not be the assistant's.",
                "messages",
            )
        header, _ = self._header(thinking)
        return header.removeprefix(suffix) if suffix and header.startswith(suffix) else ""

    def guarded(self, text: str) -> CutText:
        """`text` without control tokens in it."""
        ends = [*self._marks.cuts(text), len(text)]
        return tuple(text[begin:end] for begin, end in pairwise([0, *ends]))

    def _prompt(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSpec],
        thinking: bool | None,
        _effort: str | None,
        spoken: Mapping[str, Sequence[ToolUse]],
    ) -> tuple[str, str]:
        """(the conversation as text, its end that opens the assistant's turn)."""
        calls = [use for uses in spoken.values() for use in uses]
        return self._render(messages, tools, thinking, self.abilities, calls)

    def _render(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSpec],
        thinking: bool | None,
        abilities: TemplateAbilities,
        spoken: Sequence[ToolUse] = (),
    ) -> tuple[str, str]:
        entries = template_messages(messages, tools, abilities, spoken)
        schemas = template_tools(tools) if abilities.has_tools else []
        prompt = self._apply(entries, schemas, thinking, opens_turn=True)
        history = self._apply(entries, schemas, thinking, opens_turn=False)
        return prompt, prompt[_common_length(prompt, history) :]

    def _apply(
        self,
        entries: list[TemplateMessage],
        schemas: list[dict[str, object]],
        thinking: bool | None,
        *,
        opens_turn: bool,
        **more: object,
    ) -> str:
        return str(
            self._tokenizer.apply_chat_template(
                entries,
                tools=schemas or self._no_tools,
                tokenize=False,
                add_generation_prompt=opens_turn,
                enable_thinking=self._thinks if thinking is None else thinking,
                **more,
            )
        )

    def _probe(self) -> TemplateAbilities:
        """The abilities of the template."""
        can_read_calls = bool(self._tokenizer.has_tool_calling)
        return TemplateProbe(self._rendered, can_read_calls=can_read_calls).abilities()

    def _rendered(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSpec],
        abilities: TemplateAbilities,
    ) -> str | None:
        """The prompt; None where the template refuses the conversation."""
        try:
            return self._render(messages, tools, None, abilities)[0]
        except _TEMPLATE_ERRORS:
            return None

    def _inline_think_marks(self) -> tuple[str, str] | None:
        """What stands around thinking in the assistant's text, where the template takes thinking
        out of it; None where thinking within the text is text to it."""
        start, end = think_marks(self._tokenizer) or ("<think>", "</think>")
        inline = Message(Role.ASSISTANT, (Text(f"{start}\nTq7\n{end}\n\nAq7"),))
        apart = thinking_apart(inline, start, end)
        one, other = (
            self._rendered([_USER, answer, _USER], [], self.abilities) for answer in (inline, apart)
        )
        if one is None or other is None or "".join(one.split()) != "".join(other.split()):
            return None
        return start, end

    def _header(self, thinking: bool | None) -> tuple[str, str]:
        """(what stands in front of the assistant's text in the history, the part of it that also
        opens a turn)."""
        if thinking not in self._headers:
            _, suffix = self._render([_USER], [], thinking, self.abilities)
            entries = template_messages([_USER, _ASSISTANT, _USER], [], self.abilities)
            history = self._apply(entries, [], thinking, opens_turn=False)
            before = self._apply(entries[:1], [], thinking, opens_turn=False)
            header = ""
            if history.startswith(before) and (end := history.find("Aq7")) >= len(before):
                header = history[len(before) : end]
            self._headers[thinking] = (header, header[: _common_length(header, suffix)])
        return self._headers[thinking]

    def _ends_turn(self, text: str) -> bool:
        ends = self._tokenizer.convert_ids_to_tokens(sorted(self._tokenizer.eos_token_ids))
        return any(end in text for end in ends if end)


def _common_length(one: str, other: str) -> int:
    """The length of the longest common beginning."""
    if one.startswith(other):
        return len(other)
    return next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
        min(len(one), len(other)),
    )
