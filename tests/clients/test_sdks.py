"""The official packages go on with their dialogues after the server was killed."""

from anthropic.types.beta import BetaMessage
from openai.types.responses import Response

from tests.acceptance.server import Server
from tests.clients.scripts import BACK, DONE
from tests.clients.sdks import Agents, Thread, respond
from tests.clients.usage import SHARE, Dialogue, Request, Usage


def of_response(response: Response) -> Request:
    usage = response.usage
    assert usage is not None
    cached = usage.input_tokens_details.cached_tokens
    return Request(response.id, usage.input_tokens, cached, usage.output_tokens)


def of_message(message: BetaMessage) -> Request:
    usage = message.usage
    cached = usage.cache_read_input_tokens or 0
    return Request(message.id, usage.input_tokens + cached, cached, usage.output_tokens)


def test_a_response_goes_on_after_the_server_was_killed(
    response: Response, usage: Usage, restarted: Server
) -> None:
    after = respond(restarted, "And @@back", response.id)

    assert after.output_text == BACK
    dialogue = Dialogue("openai: previous_response_id", list(map(of_response, (response, after))))
    usage.keep(dialogue)
    assert min(dialogue.shares()) >= SHARE


def test_a_thread_goes_on_after_the_server_was_killed(
    thread: Thread, usage: Usage, restarted: Server
) -> None:
    after = thread.say("And @@back")

    assert [block.text for block in after.content if block.type == "text"] == [BACK]
    dialogue = Dialogue("anthropic: a thread", list(map(of_message, (thread.first, after))))
    usage.keep(dialogue)
    assert min(dialogue.shares()) >= SHARE


def test_an_agent_goes_on_with_its_session_after_the_server_was_killed(
    agents: Agents, agents_begun: tuple[str, list[Request]], usage: Usage, restarted: Server
) -> None:
    began, requests = agents_begun
    said, later = agents.ask("And @@back")

    assert (began, said) == (DONE, BACK)
    dialogue = Dialogue("openai-agents: a function, a session", [*requests, *later])
    usage.keep(dialogue)
    assert len(dialogue.requests) == 3
    assert min(dialogue.shares()) >= SHARE
