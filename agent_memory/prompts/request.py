"""A prompt to be rendered and tokenised, with places where recorded tokens go in."""

from dataclasses import dataclass

from agent_memory.turns.answer_form import AnswerForm
from agent_memory.turns.messages import Message


@dataclass(frozen=True, slots=True)
class Splice:
    """A place in the prompt that the session's own tokens fill.

    sentinel: the text that stands in the messages for it (unguessable, see `splice.py`).
    generation_suffix: the text that stood between the history and the generated text then; where
        the template renders history with only the beginning of it, the rest is put back.
    message: the message that the sentinel replaced, rendered as it is where the template refuses
        the sentinel.
    """

    sentinel: str
    generation_suffix: str
    message: Message | None = None


@dataclass(frozen=True, slots=True)
class PromptRequest:
    """Messages to render with the model's template, or `raw_prompt`: text to tokenise as it is, or
    tokens.

    incarnation: that of the engine that is meant; another one refuses. None: whichever it is.
    prefill: text that the answer begins with.
    """

    messages: tuple[Message, ...] = ()
    form: AnswerForm = AnswerForm()  # noqa: RUF009  frozen value
    raw_prompt: str | tuple[int, ...] | None = None
    splices: tuple[Splice, ...] = ()
    incarnation: str | None = None
    prefill: str = ""


@dataclass(frozen=True, slots=True)
class RenderedPrompt:
    """`pieces` has one element more than the splices that were found, and `spliced` says which
    (indices into `PromptRequest.splices`): piece, splice, piece, ... piece. Token ids. After the
    last piece comes the prefill."""

    pieces: tuple[tuple[int, ...], ...]
    spliced: tuple[int, ...]
    generation_suffix: str
    prefill: tuple[int, ...] = ()
