"""Conversations in the shapes that clients have them in."""

from typing import Any

from agent_memory.api.schemas.memory.ingest import IngestBody
from agent_memory.api.translators.memory_ingest import ingest_request
from agent_memory.memory.items.kinds import Role
from agent_memory.memory.service.ingest import IngestRequest


def read(chat: object) -> IngestRequest:
    body: dict[str, Any] = {"thread_id": "t", "materials": {"chat": chat}}
    return ingest_request(IngestBody.model_validate(body))


def said(request: IngestRequest) -> list[tuple[Role, str, str | None]]:
    return [(message.role, message.content, message.speaker) for message in request.chat]


def test_messages_of_openai() -> None:
    request = read(
        [
            {"role": "developer", "content": "Be terse."},
            {
                "role": "user",
                "name": "Ann",
                "content": [
                    {"type": "text", "text": "What is this?"},
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}},
                ],
            },
            {
                "role": "assistant",
                "content": None,
                "refusal": None,
                "tool_calls": [
                    {
                        "id": "call_1",
                        "type": "function",
                        "function": {"name": "read_file", "arguments": '{"path":"src/a.py"}'},
                    }
                ],
            },
            {"role": "tool", "tool_call_id": "call_1", "content": "x = 1"},
            {"role": "assistant", "content": [{"type": "output_text", "text": "A file."}]},
            {"role": "assistant", "content": [{"type": "refusal", "refusal": "I will not."}]},
        ]
    )
    assert said(request) == [
        (Role.SYSTEM, "Be terse.", None),
        (Role.USER, "What is this?", "Ann"),
        (Role.ASSISTANT, 'read_file {"path":"src/a.py"}', None),
        (Role.TOOL, "x = 1", None),
        (Role.ASSISTANT, "A file.", None),
        (Role.ASSISTANT, "I will not.", None),
    ]
    assert request.notes == ("1 'image_url' of a message left out: it has no text to remember.",)


def test_a_request_and_a_response_of_anthropic() -> None:
    request = read(
        {
            "model": "claude",
            "max_tokens": 100,
            "system": [{"type": "text", "text": "Be terse.", "cache_control": {"type": "x"}}],
            "messages": [
                {"role": "user", "content": "Read it."},
                {
                    "id": "msg_1",
                    "type": "message",
                    "role": "assistant",
                    "stop_reason": "tool_use",
                    "usage": {"input_tokens": 3},
                    "content": [
                        {"type": "thinking", "thinking": "hm", "signature": "x"},
                        {"type": "text", "text": "I look."},
                        {"type": "tool_use", "id": "1", "name": "Read", "input": {"f": "a.py"}},
                    ],
                },
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "tool_result",
                            "tool_use_id": "1",
                            "content": [{"type": "text", "text": "x = 1"}],
                        },
                        {"type": "text", "text": "And now?"},
                    ],
                },
            ],
        }
    )
    assert said(request) == [
        (Role.SYSTEM, "Be terse.", None),
        (Role.USER, "Read it.", None),
        (Role.ASSISTANT, 'I look.\n\nRead {"f":"a.py"}', None),
        (Role.TOOL, "x = 1", None),
        (Role.USER, "And now?", None),
    ]
    assert [note.split("'")[1] for note in request.notes] == ["thinking"]
