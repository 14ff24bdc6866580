"""Tokens of a prompt that another provider's model would read."""

from agent_memory.gateway.attempts import Attempt
from agent_memory.gateway.far import Counted, Question
from agent_memory.providers.far.anthropic_request import anthropic_body
from agent_memory.providers.far.client import ProviderClient
from agent_memory.providers.far.headers import headers_onward
from agent_memory.providers.far.reading import count_of, json_object
from agent_memory.providers.far.sent_body import body_onward, says_all
from agent_memory.turns.route import Wire

CHARS_A_TOKEN = 4
_MAX_BYTES = 64 * 1024


async def counted(client: ProviderClient, question: Question, attempt: Attempt) -> Counted:
    """As the provider counts, where its protocol has a route for that; else an estimate, which says
    that it is one."""
    sent, target = question.request.sent, attempt.target
    if target.wire is not Wire.ANTHROPIC:
        return Counted(estimated_tokens(question), is_estimated=True)
    if sent is not None and sent.wire is target.wire and says_all(sent, question):
        body, headers, query = (
            body_onward(sent, target.model, question.messages),
            sent.headers,
            sent.query,
        )
    else:
        body, headers, query = anthropic_body(question, target, is_streamed=False), (), ""
    onward = headers_onward(headers, target.wire, attempt.key.secret, is_streamed=False)
    async with client.opened(
        "POST", "messages/count_tokens", onward, body, query=query
    ) as response:
        answer = json_object(await response.content.read(_MAX_BYTES))
    return Counted(count_of(answer, "input_tokens"))


def estimated_tokens(question: Question) -> int:
    """By the characters; for what was passed on unread, by the bytes."""
    sent = question.request.sent
    if not question.messages and sent is not None:
        return max(1, len(sent.body) // CHARS_A_TOKEN)
    num_chars = sum(
        len(getattr(part, name, "") or "")
        for message in question.messages
        for part in message.parts
        for name in ("text", "content", "arguments", "note")
    )
    return max(1, num_chars // CHARS_A_TOKEN)
