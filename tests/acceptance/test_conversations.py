"""Conversations with the official clients."""

from collections.abc import Iterator

import anthropic
import openai
import pytest
from openai.types.chat import ChatCompletion, ChatCompletionMessageParam

from tests.acceptance.server import Server

GREEDY = {"temperature": 0}


@pytest.fixture
def claude(server: Server) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=server.url, api_key=server.key, max_retries=0) as client:
        yield client


@pytest.fixture
def gpt(server: Server) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=server.key, max_retries=0) as client:
        yield client


def test_an_anthropic_conversation_reads_its_history_from_the_cache(
    claude: anthropic.Anthropic,
) -> None:
    first = claude.messages.create(
        model="tiny",
        max_tokens=20,
        messages=[{"role": "user", "content": "hello there, how are you?"}],
        extra_body=GREEDY,
    )
    said = first.content[0]
    assert isinstance(said, anthropic.types.TextBlock)
    assert first.usage.output_tokens <= 20
    second = claude.messages.create(
        model="tiny",
        max_tokens=20,
        messages=[
            {"role": "user", "content": "hello there, how are you?"},
            {"role": "assistant", "content": said.text},
            {"role": "user", "content": "and now?"},
        ],
        extra_body=GREEDY,
    )
    whole = first.usage.input_tokens + (first.usage.cache_read_input_tokens or 0)
    assert second.usage.cache_read_input_tokens == whole + first.usage.output_tokens - 1


def test_an_anthropic_stream_says_what_the_whole_answer_says(claude: anthropic.Anthropic) -> None:
    question: list[anthropic.types.MessageParam] = [{"role": "user", "content": "one two three"}]
    whole = claude.messages.create(
        model="tiny", max_tokens=24, messages=question, extra_body=GREEDY
    )
    with claude.messages.stream(
        model="tiny", max_tokens=24, messages=question, extra_body=GREEDY
    ) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_message()
    assert [b.to_dict() for b in final.content] == [b.to_dict() for b in whole.content]
    assert final.stop_reason == whole.stop_reason
    assert kinds[0] == "message_start"
    assert kinds[-1] == "message_stop"


def test_tokens_are_counted_as_they_are_used(claude: anthropic.Anthropic) -> None:
    question: list[anthropic.types.MessageParam] = [{"role": "user", "content": "count me, please"}]
    counted = claude.messages.count_tokens(model="tiny", messages=question)
    usage = claude.messages.create(
        model="tiny", max_tokens=1, messages=question, extra_body=GREEDY
    ).usage
    assert counted.input_tokens == usage.input_tokens + (usage.cache_read_input_tokens or 0)


def test_an_openai_conversation_continues_its_session_by_its_history(gpt: openai.OpenAI) -> None:
    first = gpt.chat.completions.with_raw_response.create(
        model="tiny",
        max_tokens=12,
        temperature=0,
        messages=[{"role": "user", "content": "tell me a story of the sea"}],
    )
    answer = first.parse().choices[0].message.content
    second = gpt.chat.completions.with_raw_response.create(
        model="tiny",
        max_tokens=12,
        temperature=0,
        messages=[
            {"role": "user", "content": "tell me a story of the sea"},
            {"role": "assistant", "content": answer},
            {"role": "user", "content": "go on"},
        ],
    )
    assert second.headers["x-session-id"] == first.headers["x-session-id"]
    before, after = first.parse().usage, second.parse().usage
    assert before is not None
    assert after is not None
    assert after.prompt_tokens_details is not None
    assert after.prompt_tokens_details.cached_tokens == before.total_tokens - 1


def test_a_history_that_its_session_has_gone_beyond_is_read_from_the_cache(
    gpt: openai.OpenAI,
) -> None:
    """A sub-agent goes on from its parent's history, and then the parent does."""

    def say(history: list[ChatCompletionMessageParam], words: str) -> tuple[str, ChatCompletion]:
        history.append({"role": "user", "content": words})
        raw = gpt.chat.completions.with_raw_response.create(
            model="tiny", max_tokens=12, temperature=0, messages=history
        )
        answer = raw.parse()
        history.append({"role": "assistant", "content": answer.choices[0].message.content})
        return raw.headers["x-session-id"], answer

    parent: list[ChatCompletionMessageParam] = []
    session, first = say(parent, "tell me a story of the desert")
    child = [*parent]
    assert say(child, "you are the child now")[0] == session
    branch, second = say(parent, "and you the parent")
    assert branch != session
    assert say(parent, "and then?")[0] == branch
    before, after = first.usage, second.usage
    assert before is not None
    assert after is not None
    assert after.prompt_tokens_details is not None
    assert (after.prompt_tokens_details.cached_tokens or 0) >= before.total_tokens - 1


def test_an_openai_stream_ends_with_its_usage(gpt: openai.OpenAI) -> None:
    chunks = list(
        gpt.chat.completions.create(
            model="tiny",
            max_tokens=10,
            temperature=0,
            stream=True,
            stream_options={"include_usage": True},
            messages=[{"role": "user", "content": "stream"}],
        )
    )
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens <= 10
    assert chunks[-2].choices[0].finish_reason in {"length", "stop"}


def test_a_seed_gives_the_same_answer_again(gpt: openai.OpenAI) -> None:
    def ask() -> str | None:
        answer = gpt.chat.completions.create(
            model="tiny",
            max_tokens=16,
            temperature=1.5,
            seed=7,
            messages=[{"role": "user", "content": "roll the dice"}],
        )
        return answer.choices[0].message.content

    assert ask() == ask()


def test_several_choices_and_logprobs(gpt: openai.OpenAI) -> None:
    answer = gpt.chat.completions.create(
        model="tiny",
        max_tokens=6,
        n=3,
        seed=1,
        temperature=1.2,
        logprobs=True,
        top_logprobs=2,
        messages=[{"role": "user", "content": "choose"}],
    )
    assert [choice.index for choice in answer.choices] == [0, 1, 2]
    for choice in answer.choices:
        assert choice.logprobs is not None
        assert choice.logprobs.content is not None
        assert all(len(token.top_logprobs) == 2 for token in choice.logprobs.content)
        assert all(token.logprob <= 0 for token in choice.logprobs.content)


def test_a_completion_continues_plain_text(gpt: openai.OpenAI) -> None:
    answer = gpt.completions.create(model="tiny", prompt="Once upon", max_tokens=5, temperature=0)
    assert answer.choices[0].finish_reason in {"length", "stop"}
    assert answer.usage is not None
    assert answer.usage.completion_tokens <= 5


def test_an_image_is_refused_in_the_words_of_the_protocol(claude: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.BadRequestError) as caught:
        claude.messages.create(
            model="tiny",
            max_tokens=5,
            messages=[
                {
                    "role": "user",
                    "content": [
                        {"type": "image", "source": {"type": "url", "url": "http://127.0.0.1/x"}}
                    ],
                }
            ],
        )
    assert "image" in str(caught.value).lower()


def test_a_prompt_beyond_the_window_names_the_limit_and_the_count(gpt: openai.OpenAI) -> None:
    window = gpt.models.list().data[0].to_dict()["context_window"]
    assert isinstance(window, int)
    with pytest.raises(openai.BadRequestError) as caught:
        gpt.chat.completions.create(
            model="tiny", messages=[{"role": "user", "content": "word " * window}]
        )
    assert str(window - 1) in str(caught.value)


def test_a_wrong_key_is_turned_away(server: Server) -> None:
    with (
        anthropic.Anthropic(base_url=server.url, api_key="am_000000000000_x", max_retries=0) as no,
        pytest.raises(anthropic.AuthenticationError),
    ):
        no.messages.create(model="tiny", max_tokens=1, messages=[{"role": "user", "content": "x"}])
