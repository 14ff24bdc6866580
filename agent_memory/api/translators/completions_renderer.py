"""Events of turns as a text completion; choices of all prompts are numbered through."""

from collections import defaultdict
from collections.abc import Sequence

from agent_memory.api.answer import Answer, Choice, refuse_cancelled, texts
from agent_memory.api.errors import Fault, openai_error
from agent_memory.api.renderer import COMMENT_PING, bare_event
from agent_memory.api.translators.openai_words import (
    FINISH_REASONS,
    completion_logprobs,
    openai_usage,
)
from agent_memory.turns.events import (
    ChoiceFinished,
    Passed,
    Ping,
    TextDelta,
    TurnEvent,
    TurnFinished,
    Usage,
)


class CompletionsRenderer:
    """One response of `POST /v1/completions` with `num_choices` choices for each prompt.

    Choice `c` of prompt `p` has the index `p * num_choices + c`. echoes: for each prompt the text
    in front of its choices.
    """

    surface = "completions"

    def __init__(
        self,
        id_: str,
        model: str,
        created: int,
        num_choices: int,
        *,
        include_usage: bool,
        echoes: Sequence[str] = (),
    ) -> None:
        self._num_choices = num_choices
        self._echoes = echoes
        self._include_usage = include_usage
        self._head: dict[str, object] = {
            "id": f"cmpl-{id_.removeprefix('turn_')}",
            "object": "text_completion",
            "created": created,
            "model": model,
        }
        self._lengths: defaultdict[int, int] = defaultdict(int)
        self._usages: list[Usage] = []
        self._echoed: set[int] = set()

    def event(self, source: int, event: TurnEvent) -> bytes:
        """One chunk for `event`, or none. Raw text has no thinking and no tool calls."""
        match event:
            case TextDelta():
                return self._text(source * self._num_choices + event.index, event)
            case ChoiceFinished():
                refuse_cancelled(event)
                index = source * self._num_choices + event.index
                text = self._echo(index)
                return self._chunk(index, text, None, FINISH_REASONS[event.reason])
            case Passed():
                return event.data
            case Ping():
                return COMMENT_PING
            case TurnFinished():
                self._usages.append(event.usage)
                return b""
            case _:
                return b""

    def ping(self) -> bytes:
        return COMMENT_PING

    def end(self) -> bytes:
        done = b"data: [DONE]\n\n"
        if not self._include_usage:
            return done
        return bare_event({**self._head, "choices": [], "usage": _sum(self._usages)}) + done

    def error(self, fault: Fault) -> bytes:
        return bare_event(openai_error(fault))

    def whole(self, answers: Sequence[Answer]) -> dict[str, object]:
        """The whole completion."""
        choices = [
            _choice(index := source * self._num_choices + choice.index, choice, self._echo(index))
            for source, answer in enumerate(answers)
            for choice in answer.choices
        ]
        return {**self._head, "choices": choices, "usage": _sum([a.usage for a in answers])}

    def _text(self, index: int, event: TextDelta) -> bytes:
        logprobs = completion_logprobs(event.logprobs, self._lengths[index])
        self._lengths[index] += len(event.text)
        return self._chunk(index, self._echo(index) + event.text, logprobs, None)

    def _echo(self, index: int) -> str:
        """The prompt, in front of what a choice says first."""
        if not self._echoes or index in self._echoed:
            return ""
        self._echoed.add(index)
        return self._echoes[index // self._num_choices]

    def _chunk(self, index: int, text: str, logprobs: object, reason: str | None) -> bytes:
        choice = {"index": index, "text": text, "logprobs": logprobs, "finish_reason": reason}
        return bare_event({**self._head, "choices": [choice]})


def _choice(index: int, choice: Choice, echo: str) -> dict[str, object]:
    return {
        "index": index,
        "text": echo + texts(choice.parts),
        "logprobs": completion_logprobs(choice.logprobs, 0),
        "finish_reason": FINISH_REASONS[choice.reason],
    }


def _sum(usages: Sequence[Usage]) -> dict[str, object]:
    total = Usage(
        prompt_tokens=sum(usage.prompt_tokens for usage in usages),
        cached_tokens=sum(usage.cached_tokens for usage in usages),
        completion_tokens=sum(usage.completion_tokens for usage in usages),
        miss_reason=usages[0].miss_reason if len(usages) == 1 else None,
    )
    return openai_usage(total)
