"""Codex: rounds of tools, a restart, a compaction, and what it prints."""

from tests.acceptance.server import Server
from tests.clients.codex import Codex, items_of, said_by, thread_of
from tests.clients.ran import Ran
from tests.clients.scripts import BACK, DONE, SUMMARY
from tests.clients.usage import SHARE, Usage


def test_codex_runs_the_command_that_the_model_calls(codex_thread: Ran) -> None:
    assert codex_thread.code == 0, codex_thread
    [command] = items_of(codex_thread, "command_execution")
    assert (command["aggregated_output"], command["exit_code"]) == ("@@done\n", 0)
    assert said_by(codex_thread) == [DONE]


def test_codex_finds_the_model_in_the_catalogue_and_warns_of_nothing(codex_thread: Ran) -> None:
    assert "warn" not in (codex_thread.said + codex_thread.noted).lower()
    assert "error" not in codex_thread.noted.lower(), codex_thread.noted


def test_codex_is_told_how_much_was_cached(codex_thread: Ran, usage: Usage) -> None:
    dialogue = usage.dialogue("codex: tool, kill -9, resume", thread_of(codex_thread), at_least=2)

    [turn] = codex_thread.of_type("turn.completed")
    told = turn["usage"]
    assert told["input_tokens"] == sum(each.prompt for each in dialogue.requests)
    assert told["cached_input_tokens"] == sum(each.cached for each in dialogue.requests)
    assert min(dialogue.shares()) >= SHARE


def test_codex_resumes_a_thread_after_the_server_was_killed(
    codex: Codex, codex_thread: Ran, usage: Usage, restarted: Server
) -> None:
    thread = thread_of(codex_thread)
    resumed = codex.ask("Go on: @@back", thread=thread)

    assert resumed.code == 0, resumed
    assert (thread_of(resumed), said_by(resumed)) == (thread, [BACK])
    dialogue = usage.dialogue("codex: tool, kill -9, resume", thread, at_least=3)
    assert min(dialogue.shares()) >= SHARE


def test_codex_compacts_its_history_and_goes_on(codex: Codex, usage: Usage) -> None:
    began = codex.ask("Please @@summary")
    thread = thread_of(began)
    [turn] = began.of_type("turn.completed")
    full = f"model_auto_compact_token_limit={turn['usage']['input_tokens']}"

    ended = codex.ask("And @@done", "-c", full, thread=thread)

    assert ended.code == 0, ended
    assert said_by(ended) == [DONE]
    dialogue = usage.dialogue("codex: a compaction", thread, at_least=3)
    first, compaction, after = dialogue.requests
    assert compaction.output > len(SUMMARY)
    assert after.cached >= SHARE * first.cached
