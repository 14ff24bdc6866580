"""The session's own words go into the prompt as the tokens that it generated.

A client sends the history back as text: re-serialised, with thinking dropped, tokenised again into
other tokens than those the model chose. So a message that says the same as a recorded one is
replaced by a sentinel before the template is rendered, and the recorded tokens are put in its
place afterwards. Sentinels bear a nonce made for one request, so that no text of the conversation
can name one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from agent_memory.prompts.canonical import CanonicalMessage, canonical_message
from agent_memory.prompts.request import RenderedPrompt, Splice
from agent_memory.turns.messages import Message, Role, Text
from agent_memory.turns.transcript import GeneratedTurn


@dataclass(frozen=True, slots=True)
class SplicedMessages:
    """Messages with sentinels; `turns[i]` is what the sentinel of `splices[i]` stands for."""

    messages: tuple[Message, ...]
    splices: tuple[Splice, ...]
    turns: tuple[GeneratedTurn, ...]


def plan_splices(
    messages: Sequence[Message],
    generated: Sequence[GeneratedTurn],
    model_fingerprint: str,
    nonce: str,
) -> SplicedMessages:
    """Put a sentinel in place of each assistant message that a recorded turn has said.

    `nonce` is fresh random text of letters and digits, one per request. Turns of another model
    are not used: their token ids mean something else. Order is kept: a turn stands for one message,
    and turns before it for none after it.
    """
    usable = [
        (turn, canonical_message(turn.message))
        for turn in generated
        if turn.model == model_fingerprint and turn.tokens
    ]
    planned: list[Message] = []
    splices: list[Splice] = []
    turns: list[GeneratedTurn] = []
    for index, message in enumerate(messages):
        found = _recognise(message, index, usable) if message.role is Role.ASSISTANT else None
        if found is None:
            planned.append(message)
            continue
        turn, _ = usable[found]
        usable = usable[found + 1 :]
        sentinel = f"s{nonce}n{len(splices)}s"
        planned.append(Message(Role.ASSISTANT, (Text(sentinel),)))
        splices.append(Splice(sentinel, turn.generation_suffix, message))
        turns.append(turn)
    return SplicedMessages(tuple(planned), tuple(splices), tuple(turns))


def assemble(rendered: RenderedPrompt, generated_turns: Sequence[GeneratedTurn]) -> tuple[int, ...]:
    """The prompt's token ids: rendered pieces with the recorded tokens between them.

    `generated_turns` are those of `SplicedMessages.turns`, in its order.
    """
    tokens = list(rendered.pieces[0])
    for splice, piece in zip(rendered.spliced, rendered.pieces[1:], strict=True):
        tokens.extend(generated_turns[splice].tokens)
        tokens.extend(piece)
    return tuple(tokens)


def _recognise(
    message: Message, index: int, turns: Sequence[tuple[GeneratedTurn, CanonicalMessage]]
) -> int | None:
    """Which of `turns` has said this message: the one recorded at its place, else the first."""
    said = canonical_message(message)
    equal = [candidate for candidate, (_, canonical) in enumerate(turns) if canonical == said]
    at_its_place = (candidate for candidate in equal if turns[candidate][0].position == index)
    return next(at_its_place, equal[0] if equal else None)
