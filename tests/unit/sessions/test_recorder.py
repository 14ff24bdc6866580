"""A turn's record of its generation."""

from agent_memory.engine.events import Restored
from agent_memory.sessions.recorder import TurnRecorder
from agent_memory.turns.events import Usage


def test_usage_says_where_the_cached_tokens_came_from() -> None:
    recorder = TurnRecorder()
    assert recorder.restored(Restored(30, 8, num_from_memory=16), 40, "new tokens from 30")
    assert recorder.final_usage == Usage(
        prompt_tokens=40,
        cached_tokens=30,
        cached_from_shelf=8,
        cached_from_memory=16,
        miss_reason="new tokens from 30",
    )


def test_usage_is_that_of_the_first_attempt() -> None:
    recorder = TurnRecorder()
    recorder.restored(Restored(10, 0), 40, None)
    assert not recorder.restored(Restored(40, 0, num_from_memory=40), 40, None)
    assert recorder.final_usage == Usage(prompt_tokens=40, cached_tokens=10)


def test_what_was_generated_before_does_not_count_as_cached_prompt() -> None:
    recorder = TurnRecorder()
    recorder.restored(Restored(50, 0, num_from_memory=50), 40, None)
    usage = recorder.final_usage
    assert (usage.cached_tokens, usage.cached_from_memory) == (40, 40)
