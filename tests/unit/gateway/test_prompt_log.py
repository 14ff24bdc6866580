"""What is kept of a request and its answer."""

from datetime import UTC, datetime

import orjson
import pytest

from agent_memory.errors import StorageUnavailable
from agent_memory.gateway.answer_text import answer_text
from agent_memory.gateway.prompt_log import MAX_CHARS, Exchange, PromptLog, redacted
from agent_memory.ids import KeyId, RequestId, WorkspaceId
from agent_memory.memory.redaction.policy import RedactionPolicy

MAIL = "ann@example.com"
MARK = "[redacted:email]"


def exchange(body: bytes, words: str = "", data: bytes = b"") -> Exchange:
    return Exchange(
        RequestId("req_1"),
        WorkspaceId("ours"),
        KeyId("aaaa"),
        None,
        None,
        "messages",
        "stub",
        "large",
        200,
        datetime(2026, 1, 1, tzinfo=UTC),
        body,
        words,
        data,
    )


def test_personal_data_leaves_the_request_and_the_answer_at_any_depth() -> None:
    asked = {"model": "m", "messages": [{"content": [{"text": f"I am {MAIL}"}]}]}
    request, answer, count = redacted(
        exchange(orjson.dumps(asked), words=f"Hello {MAIL}."), RedactionPolicy()
    )
    assert orjson.loads(request)["messages"][0]["content"][0]["text"] == f"I am {MARK}"
    assert answer == f"Hello {MARK}."
    assert count == 2


def test_a_secret_that_was_streamed_in_pieces_is_found() -> None:
    pieces = [MAIL[:5], MAIL[5:]]
    events = [
        b"event: content_block_delta\ndata: "
        + orjson.dumps({"type": "content_block_delta", "delta": {"text": piece}})
        + b"\n\n"
        for piece in pieces
    ]
    _, answer, _ = redacted(exchange(b"{}", data=b"".join(events)), RedactionPolicy())
    assert answer == MARK


def test_files_are_left_out_and_long_texts_are_cut() -> None:
    asked = {"image": "data:image/png;base64," + "A" * 5000, "text": "word " * MAX_CHARS}
    request, _, _ = redacted(exchange(orjson.dumps(asked)), RedactionPolicy())
    assert "[5022 characters]" in request
    assert len(request) == MAX_CHARS


def test_a_body_that_is_no_json_is_kept_as_text_that_a_database_can_hold() -> None:
    request, answer, _ = redacted(exchange(b"\x00\xff", words="a\x00\ud800"), RedactionPolicy())
    assert request == "\ufffd\ufffd"
    assert answer == "a\ufffd?"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b'{"content": [{"type": "text", "text": "Paris."}]}', "Paris."),
        (b'{"choices": [{"message": {"content": "Paris."}}]}', "Paris."),
        (
            b'{"content": [{"type": "tool_use", "name": "look", "input": {"in": "Paris"}}]}',
            '{"in":"Paris"}',
        ),
        (
            (
                b'data: {"choices":[{"delta":{"content":"Par"}}]}\n\n: ping\n\n'
                b'data: {"choices":[{"delta":{"content":"is."}}]}\n\ndata: [DONE]\n\n'
            ),
            "Paris.",
        ),
        (
            b'data: {"choices":[{"delta":{"tool_calls":[{"function":{"arguments":"{}"}}]}}]}\n\n',
            "{}",
        ),
        (b'{"type": "error", "error": {"message": "no"}}', "no"),
        (b"<html>", "<html>"),
    ],
)
def test_the_words_of_an_answer_are_read_in_both_protocols(data: bytes, text: str) -> None:
    assert answer_text(data) == text


class _Away:
    async def insert(
        self, exchange: Exchange, request: str, answer: str, num_redacted: int
    ) -> None:
        del exchange, request, answer, num_redacted
        raise StorageUnavailable("It is away.")

    async def get_redaction(self, workspace: WorkspaceId) -> tuple[RedactionPolicy, int]:
        del workspace
        return RedactionPolicy(), 0


async def test_an_answer_is_not_held_up_by_a_log_that_cannot_be_written() -> None:
    rows = _Away()
    await PromptLog(rows, rows).keep(exchange(b"{}"))
