"""A model's chat template: messages in, prompt text out, whatever the template can do."""

from collections.abc import Sequence

from jinja2.exceptions import TemplateError
from mlx_lm.tokenizer_utils import TokenizerWrapper

from agent_memory.errors import InvalidRequest
from agent_memory.prompts.template_messages import (
    TemplateAbilities,
    TemplateMessage,
    template_messages,
    template_tools,
)
from agent_memory.turns.messages import Message, Role, Text, ToolResult, ToolSpec, ToolUse

_TEMPLATE_ERRORS = (
    TemplateError,
    TypeError,
    ValueError,
    LookupError,
    AttributeError,
    RecursionError,
)
_USER = Message(Role.USER, (Text("Uq7"),))
_ASSISTANT = Message(Role.ASSISTANT, (Text("Aq7"),))
_SYSTEM = Message(Role.SYSTEM, (Text("Sq7"),))
_TOOL = ToolSpec("fq7", "Dq7", {"type": "object", "properties": {"pq7": {"type": "string"}}})
_CALL = Message(Role.ASSISTANT, (ToolUse("call_q7", "fq7", '{"pq7":"vq7"}'),))
_RESULT = Message(Role.TOOL, (ToolResult("call_q7", "Rq7"),))


class ChatTemplate:
    """Renders conversations and knows what the template refuses.

    What it accepts is found out once, by rendering small conversations. Text of users is not
    escaped: where it spells a special token, tokenizers read that token, as they do in every
    server of the model.
    """

    def __init__(self, tokenizer: TokenizerWrapper) -> None:
        self._tokenizer = tokenizer
        self.exists = bool(tokenizer.has_chat_template)
        self.abilities = self._probe() if self.exists else TemplateAbilities(has_tools=False)
        self._headers: dict[bool | None, tuple[str, str]] = {}

    def render(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], thinking: bool | None
    ) -> tuple[str, str]:
        """(the prompt, the part of it that opens the assistant's turn).

        Raises InvalidRequest when the template refuses the conversation.
        """
        if not self.exists:
            raise InvalidRequest(
                "This model has no chat template; send a prompt to /v1/completions.", "messages"
            )
        try:
            return self._render(messages, tools, thinking, self.abilities)
        except _TEMPLATE_ERRORS as error:
            raise InvalidRequest(
                f"The model's chat template refuses these messages: {error}", "messages"
            ) from error

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

    def _render(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSpec],
        thinking: bool | None,
        abilities: TemplateAbilities,
    ) -> tuple[str, str]:
        entries = template_messages(messages, tools, abilities)
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
    ) -> str:
        options = {} if thinking is None else {"enable_thinking": thinking}
        return str(
            self._tokenizer.apply_chat_template(
                entries,
                tools=schemas or None,
                tokenize=False,
                add_generation_prompt=opens_turn,
                **options,
            )
        )

    def _probe(self) -> TemplateAbilities:
        """What the template accepts, one question after the other."""
        has_system = self._shows(TemplateAbilities(), [_SYSTEM, _USER], "Sq7")
        base = TemplateAbilities(has_system=has_system, has_tools=False)
        late = [_USER, _ASSISTANT, _SYSTEM, _USER]
        has_late_system = has_system and self._shows(base, late, "Sq7")
        twice = [_USER, Message(Role.USER, (Text("Vq7"),))]
        has_repeated_roles = self._shows(base, twice, "Uq7", "Vq7")
        plain = TemplateAbilities(has_system, has_late_system, has_repeated_roles, has_tools=False)
        return self._with_tools(plain) or plain

    def _with_tools(self, plain: TemplateAbilities) -> TemplateAbilities | None:
        """The first way in which the template renders schemas, a call and its result."""
        if not self._tokenizer.has_tool_calling:
            return None
        for has_object_arguments, has_short_ids in (
            (True, False),
            (True, True),
            (False, False),
            (False, True),
        ):
            abilities = TemplateAbilities(
                plain.has_system,
                plain.has_late_system,
                plain.has_repeated_roles,
                has_object_arguments=has_object_arguments,
                has_short_ids=has_short_ids,
            )
            if self._shows(abilities, [_USER, _CALL, _RESULT], "Dq7", "vq7", "Rq7"):
                return abilities
        return None

    def _shows(
        self, abilities: TemplateAbilities, messages: Sequence[Message], *texts: str
    ) -> bool:
        tools = [_TOOL] if abilities.has_tools and _RESULT in messages else []
        try:
            prompt, _ = self._render(messages, tools, None, abilities)
        except _TEMPLATE_ERRORS:
            return False
        return all(text in prompt for text in texts)

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
