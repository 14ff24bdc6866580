"""The text of a prompt, cut where recorded tokens go in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from agent_memory.device.text.chat_template import ChatTemplate
from agent_memory.errors import InvalidRequest
from agent_memory.prompts.control_marks import CutText
from agent_memory.prompts.request import PromptRequest, Splice
from agent_memory.turns.messages import Message, ToolUse


@dataclass(frozen=True, slots=True)
class PromptText:
    """As RenderedPrompt, before it is tokenised."""

    pieces: tuple[CutText, ...]
    spliced: tuple[int, ...]
    generation_suffix: str
    prefill: CutText = ()


def prompt_text(template: ChatTemplate, request: PromptRequest) -> PromptText:
    """Render the messages of `request`. Where the template refuses or repeats sentinels, the
    messages that they replaced are rendered instead, and nothing is spliced.

    Raises InvalidRequest when the template refuses the conversation itself.
    """
    form = request.form
    tools = tuple(tool for tool in form.tools if not tool.is_deferred)
    try:
        rendered = template.render(
            request.messages, tools, form.thinking, effort=form.effort, spoken=_spoken(request)
        )
        places = _places(rendered.prompt, request.splices)
    except InvalidRequest:
        if not request.splices:
            raise
        places = None
    if places is None:
        messages = _without_splices(request)
        rendered = template.render(messages, tools, form.thinking, effort=form.effort)
        places = []
    prompt = rendered.prompt
    pieces: list[str] = []
    begin = 0
    for number, at in places:
        splice = request.splices[number]
        before = prompt[begin:at]
        pieces.append(template.with_suffix(before, splice.generation_suffix, form.thinking))
        begin = at + len(splice.sentinel)
    suffix = rendered.generation_suffix
    lead = template.lead_in(suffix, form.thinking) if request.prefill else ""
    pieces.append(prompt[begin:] + lead)
    return PromptText(
        tuple(tuple(piece.split(rendered.cut)) if rendered.cut else (piece,) for piece in pieces),
        tuple(number for number, _ in places),
        suffix + lead,
        template.guarded(request.prefill),
    )


def _spoken(request: PromptRequest) -> Mapping[str, Sequence[ToolUse]]:
    """The calls that each sentinel stands for, without their arguments."""
    return {
        splice.sentinel: [
            replace(part, arguments="")
            for part in (() if splice.message is None else splice.message.parts)
            if isinstance(part, ToolUse) and part.name
        ]
        for splice in request.splices
    }


def _places(prompt: str, splices: Sequence[Splice]) -> list[tuple[int, int]] | None:
    """(splice, position in the prompt) of the sentinels that the template has rendered; None when
    one stands there twice or out of order."""
    places: list[tuple[int, int]] = []
    begin = 0
    for number, splice in enumerate(splices):
        match prompt.count(splice.sentinel):
            case 0:
                continue
            case 1 if (at := prompt.index(splice.sentinel)) >= begin:
                places.append((number, at))
                begin = at + len(splice.sentinel)
            case _:
                return None
    return places


def _without_splices(request: PromptRequest) -> tuple[Message, ...]:
    """The messages as they were before sentinels took their places.

    Raises InvalidRequest when a splice does not know its message.
    """
    replaced = {splice.sentinel: splice.message for splice in request.splices}
    messages = [replaced.get(message.text, message) for message in request.messages]
    if any(message is None for message in messages):
        raise InvalidRequest("The model's chat template refuses recorded answers.", "messages")
    return tuple(message for message in messages if message is not None)
