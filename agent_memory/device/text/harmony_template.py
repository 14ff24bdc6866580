"""The chat template of gpt-oss: it writes the preamble; the messages after it are written here."""

from collections.abc import Mapping, Sequence
from itertools import takewhile

from agent_memory.device.text.chat_template import ChatTemplate
from agent_memory.errors import InvalidRequest
from agent_memory.prompts.harmony.marks import ANSWER, ASSISTANT, START
from agent_memory.prompts.harmony.rendering import harmony_messages
from agent_memory.prompts.template_abilities import TemplateAbilities, TemplateMessage
from agent_memory.prompts.template_messages import joined_text, template_tools
from agent_memory.turns.messages import Message, Role, ToolSpec, ToolUse

_USER = f"{START}user"
_EFFORTS = {
    "none": "low",
    "minimal": "low",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "high",
    "max": "high",
}


class HarmonyTemplate(ChatTemplate):
    """Takes every conversation. Thinking cannot be turned off: then the model thinks least."""

    @property
    def can_turn_thinking_off(self) -> bool:
        return False

    def with_suffix(self, text: str, suffix: str, _thinking: bool | None) -> str:
        header = f"{ASSISTANT}{ANSWER}"
        return text.removesuffix(header) + suffix if text.endswith(header) else text

    def lead_in(self, suffix: str, _thinking: bool | None) -> str:
        return f"{ASSISTANT}{ANSWER}".removeprefix(suffix)

    def _probe(self) -> TemplateAbilities:
        return TemplateAbilities()

    def _inline_think_marks(self) -> None:
        return None

    def _prompt(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSpec],
        thinking: bool | None,
        effort: str | None,
        spoken: Mapping[str, Sequence[ToolUse]],
    ) -> tuple[str, str]:
        leading = list(takewhile(lambda message: message.role is Role.SYSTEM, messages))
        system = "\n\n".join(filter(None, map(joined_text, leading)))
        preamble = self._preamble(system, tools, _effort(thinking, effort))
        text = harmony_messages(messages[len(leading) :], spoken)
        return f"{preamble}{text}{ASSISTANT}", ASSISTANT

    def _preamble(self, system: str, tools: Sequence[ToolSpec], effort: str | None) -> str:
        """The system's message and the developer's, as the template writes them."""
        entries: list[TemplateMessage] = [{"role": "user", "content": "Uq7"}]
        if system:
            entries.insert(0, {"role": "system", "content": system})
        more = {} if effort is None else {"reasoning_effort": effort}
        text = self._apply(entries, template_tools(tools), None, opens_turn=False, **more)
        at = text.rfind(_USER)
        if at < 0:
            raise InvalidRequest("The model's chat template leaves out the user.", "messages")
        return text[:at]


def _effort(thinking: bool | None, effort: str | None) -> str | None:
    """How hard the model is to think, in its words; None leaves it to the template."""
    if effort is None:
        return "low" if thinking is False else None
    return _EFFORTS.get(effort)
