"""Which session a request names."""

import pytest
from starlette.datastructures import Headers

from agent_memory.api.identity import named_session
from agent_memory.errors import InvalidRequest

UUID = "0a1b2c3d-0000-4000-8000-000000000000"
AGENT = {"X-Claude-Code-Agent-Id": "a2af"}
ALL = {"X-Session-ID": "header", "X-Claude-Code-Session-Id": "claude"}


@pytest.mark.parametrize(
    ("headers", "field", "user_id", "expected"),
    [
        (ALL, "field", f"user_x_account__session_{UUID}", "header"),
        ({"X-Claude-Code-Session-Id": "claude"}, "field", None, "field"),
        ({"X-Claude-Code-Session-Id": "claude"}, None, f"user_x_session_{UUID}", "claude"),
        ({**AGENT, "X-Claude-Code-Session-Id": "claude"}, None, None, "claude.a2af"),
        (AGENT, None, f"user_x_session_{UUID}", f"{UUID}.a2af"),
        ({**AGENT, **ALL}, None, None, "header"),
        (AGENT, "field", None, "field"),
        (AGENT, None, None, None),
        ({}, None, f"user_ab12_account_{UUID}_session_{UUID}", UUID),
        ({}, None, f'{{"device_id":"d","session_id":"{UUID}"}}', UUID),
        ({}, None, '{"session_id":"not an id"}', None),
        ({}, None, '["session_id"]', None),
        ({}, None, "alice", None),
        ({}, None, None, None),
    ],
)
def test_the_nearest_name_wins(
    headers: dict[str, str], field: str | None, user_id: str | None, expected: str | None
) -> None:
    assert named_session(Headers(headers), field, user_id) == expected


@pytest.mark.parametrize("name", ["", "a b", "a/b", "x" * 129, "ü", "a\n"])
def test_a_name_that_is_no_id_is_refused(name: str) -> None:
    with pytest.raises(InvalidRequest, match="session_id must be"):
        named_session(Headers({}), name)
    with pytest.raises(InvalidRequest, match="X-Session-ID must be"):
        named_session(Headers(raw=[(b"x-session-id", name.encode())]))
