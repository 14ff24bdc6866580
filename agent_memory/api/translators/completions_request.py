"""A text completion request as turns, one per prompt."""

from collections.abc import Iterator, Sequence

from agent_memory.api.call import TurnIdentity
from agent_memory.api.limits import Limits
from agent_memory.api.schemas.completions import CompletionsBody
from agent_memory.api.translators.openai_sampling import openai_sampling
from agent_memory.api.translators.service_tier import priority_of
from agent_memory.errors import InvalidRequest
from agent_memory.ids import SessionId
from agent_memory.turns.answer_form import AnswerForm
from agent_memory.turns.request import TurnRequest

Prompt = str | tuple[int, ...]


def prompts_of(
    body: CompletionsBody, session_id: SessionId | None, limits: Limits
) -> tuple[Prompt, ...]:
    """The prompts; a session can take only one of them at a time."""
    prompts = tuple(_prompts(body.prompt))
    if len(prompts) > limits.max_prompts:
        message = f"{len(prompts)} prompts were sent; the limit is {limits.max_prompts}."
        raise InvalidRequest(message, "prompt")
    if len(prompts) > 1 and session_id is not None:
        raise InvalidRequest("Several prompts cannot share one session.", "prompt")
    if body.echo and not all(isinstance(prompt, str) for prompt in prompts):
        raise InvalidRequest("'echo' repeats texts, and the prompt is in tokens.", "echo")
    if body.echo and body.logprobs is not None:
        raise InvalidRequest("The log-probabilities of a prompt are not computed.", "echo")
    return prompts


def completion_turn(
    body: CompletionsBody, prompt: Prompt, identity: TurnIdentity, limits: Limits
) -> TurnRequest:
    """The turn of one prompt of `POST /v1/completions`."""
    return TurnRequest(
        turn_id=identity.turn_id,
        request_id=identity.request_id,
        workspace_id=identity.workspace_id,
        named_session=identity.session_id,
        messages=(),
        raw_prompt=prompt,
        form=AnswerForm(parse=False),
        sampling=openai_sampling(body, body.max_tokens, body.logprobs, limits),
        model=body.model,
        max_tokens_given=body.max_tokens is not None,
        priority=priority_of(body.service_tier),
    )


def _prompts(
    prompt: str | Sequence[str] | Sequence[int] | Sequence[Sequence[int]],
) -> Iterator[Prompt]:
    if isinstance(prompt, str):
        yield prompt
    elif isinstance(prompt[0], int):
        yield tuple(token for token in prompt if isinstance(token, int))
    else:
        for each in prompt:
            if not isinstance(each, int):
                yield each if isinstance(each, str) else tuple(each)
