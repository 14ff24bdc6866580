"""Server-sent events out of lines."""

from agent_memory.cli.sse import ServerSentEvent, parse_events


def events(text: str) -> list[ServerSentEvent]:
    return list(parse_events(text.split("\n")))


def test_named_and_bare_events_are_told_apart() -> None:
    assert events('event: text_delta\ndata: {"text":"a"}\n\ndata: [DONE]\n\n') == [
        ServerSentEvent("text_delta", '{"text":"a"}'),
        ServerSentEvent("", "[DONE]"),
    ]


def test_a_comment_is_no_event() -> None:
    assert events(": ping\n\ndata: 1\n\n") == [ServerSentEvent("", "1")]


def test_data_of_several_lines_is_one_event() -> None:
    assert events("data: a\ndata: b\n\n") == [ServerSentEvent("", "a\nb")]


def test_an_event_that_breaks_off_is_none() -> None:
    assert events("data: 1\n\ndata: 2") == [ServerSentEvent("", "1")]


def test_only_one_blank_is_taken_off_the_data() -> None:
    assert events("data:  a\n\n") == [ServerSentEvent("", " a")]
