"""Turns to commit."""

from dataclasses import replace
from datetime import UTC, datetime

from agent_memory.ids import SessionId, TurnId, WorkspaceId, new_id
from agent_memory.turns.events import FinishReason, Usage
from agent_memory.turns.messages import Message, Role, Text
from agent_memory.turns.traces import Traces
from agent_memory.turns.transcript import TurnCommit


def user(text: str) -> Message:
    return Message(Role.USER, (Text(text),))


def assistant(text: str) -> Message:
    return Message(Role.ASSISTANT, (Text(text),))


def traced(commit: TurnCommit, num_shared: int, read_tokens: tuple[int, ...]) -> TurnCommit:
    """The turn with its step in the sequence of tokens."""
    assert commit.traces is not None
    traces = replace(commit.traces, num_shared=num_shared, read_tokens=read_tokens)
    return replace(commit, traces=traces)


def turn(
    workspace_id: WorkspaceId,
    session_id: str,
    *new_messages: Message,
    num_kept: int = 0,
    answer: Message | None = None,
    tokens: tuple[int, ...] = (1, 2, 3),
    head_hash: str = "head",
    turn_id: str | None = None,
) -> TurnCommit:
    return TurnCommit(
        turn_id=TurnId(turn_id or new_id("turn")),
        session_id=SessionId(session_id),
        workspace_id=workspace_id,
        request_id="req_1",
        model="tiny",
        num_kept=num_kept,
        new_messages=new_messages,
        answer=answer or assistant("answer"),
        finish_reason=FinishReason.STOP,
        usage=Usage(
            prompt_tokens=10,
            cached_tokens=4,
            completion_tokens=len(tokens),
            cached_from_shelf=1,
            cached_from_memory=2,
        ),
        head_hash=head_hash,
        started_at=datetime(2026, 5, 1, tzinfo=UTC),
        traces=Traces("fingerprint", tokens, "<|im_start|>assistant\n", 10 + len(tokens)),
    )
