"""Batches of memory as jobs of a Ray cluster that was there before."""

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
import pytest

from agent_memory.testing.postgres import embedded_database
from tests.integration.actors.ray_head import JOB_TIMEOUT_S, RayHead, ray_head
from tests.integration.conftest import short_folder

NUM_THREADS, NUM_TURNS = 40, 5
NUM_DONE_BEFORE_THE_KILL = 5
CLI = (sys.executable, "-m", "agent_memory.cli")


@dataclass(frozen=True)
class Place:
    """A cluster, a database that nothing has touched, and a folder."""

    head: RayHead
    database_url: str
    folder: Path

    @property
    def state(self) -> Path:
        return self.folder / "threads.done"

    @property
    def env(self) -> dict[str, str]:
        home = str(self.folder / "home")
        return {"DATABASE_URL": self.database_url, "AGENT_MEMORY_DATA_DIR": home}

    def num_done(self) -> int:
        return len(self.state.read_text().splitlines()) if self.state.exists() else 0


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with (
        short_folder("am-job-") as folder,
        embedded_database(folder / "pg") as database_url,
        ray_head(folder, num_cpus=3) as head,
    ):
        yield Place(head, database_url, folder)


@pytest.fixture(scope="module")
def threads(place: Place) -> Path:
    """A folder of conversations, JSON lines."""
    folder = place.folder / "threads"
    folder.mkdir()
    for number in range(NUM_THREADS):
        messages = [
            {
                "thread_id": f"thread-{number}",
                "role": "user",
                "content": text_of(number, turn),
            }
            for turn in range(NUM_TURNS)
        ]
        lines = "".join(f"{json.dumps(message)}\n" for message in messages)
        (folder / f"{number:02}.jsonl").write_text(lines)
    return folder


def text_of(thread: int, turn: int) -> str:
    return f"Turn {turn}: crate {100 * thread + turn} stands in hall {thread}."


def ingest_command(place: Place) -> list[str]:
    """`.` is the working directory, which Ray carries to the node that the job runs on."""
    return [*CLI, "ingest-batch", ".", "--state", str(place.state), "--json"]


def stored_messages(place: Place) -> Counter[tuple[str, str]]:
    """How often each message of each thread is there."""
    with psycopg.connect(place.database_url) as connection:
        rows = connection.execute(
            "SELECT thread_id, text FROM items JOIN threads USING (workspace_id, thread_no)"
            " WHERE kind = 'chat'"
        )
        return Counter((thread, text) for thread, text in rows)


def answer_of(written: str) -> dict[str, int]:
    """The JSON that the command printed, among what `ray job submit` says."""
    begin = written.index("{\n")
    answer: dict[str, int] = json.JSONDecoder().raw_decode(written, begin)[0]
    return answer


def kill_driver(place: Place) -> None:
    """`kill -9` of the process that runs the batch, not of the cluster it runs in."""
    killed = 0
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            words = process.cmdline()
            if {"ingest-batch", str(place.state)} <= set(words) and "job" not in words:
                process.kill()
                killed += 1
    assert killed == 1


def test_a_job_that_was_killed_goes_on_and_nothing_is_lost_or_doubled(
    place: Place, threads: Path
) -> None:
    with place.head.submit(ingest_command(place), threads, place.env) as job:
        deadline = time.monotonic() + JOB_TIMEOUT_S
        while place.num_done() < NUM_DONE_BEFORE_THE_KILL:
            assert job.poll() is None, job.stdout and job.stdout.read()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        kill_driver(place)
        written, _ = job.communicate(timeout=JOB_TIMEOUT_S)
    assert job.returncode != 0, written
    num_done = place.num_done()
    assert NUM_DONE_BEFORE_THE_KILL <= num_done < NUM_THREADS

    again = place.head.run(ingest_command(place), threads, place.env)
    assert "pieces remembered" in again
    assert answer_of(again)["pieces"] == NUM_THREADS - num_done
    assert stored_messages(place) == {
        (
            f"thread-{number}",
            f"Turn {turn}: crate {100 * number + turn} stands in hall {number}.",
        ): 1
        for number in range(NUM_THREADS)
        for turn in range(NUM_TURNS)
    }


def test_without_what_it_had_noted_a_job_adds_nothing(place: Place, threads: Path) -> None:
    before = stored_messages(place)
    place.state.unlink()
    again = answer_of(place.head.run(ingest_command(place), threads, place.env))
    assert (again["pieces"], again["added"]) == (NUM_THREADS, 0)
    assert stored_messages(place) == before


def test_a_job_answers_a_file_of_questions_and_only_those_without_an_answer(place: Place) -> None:
    questions = place.folder / "questions" / "questions.jsonl"
    questions.parent.mkdir()
    asked = [{"id": f"q{n}", "purpose": f"crate {100 * n}", "token_budget": 200} for n in range(8)]
    questions.write_text("".join(f"{json.dumps(question)}\n" for question in asked))
    out = place.folder / "answers.jsonl"
    command = [*CLI, "recall-batch", questions.name, "--out", str(out), "--json"]
    first = place.head.run(command, questions.parent, place.env)
    assert answer_of(first)["answered"] == len(asked)
    answers = {answer["id"]: answer for answer in map(json.loads, out.read_text().splitlines())}
    for number in range(len(asked)):
        assert f"crate {100 * number} " in answers[f"q{number}"]["items"][0]["text"]

    lines = out.read_text().splitlines(keepends=True)
    out.write_text("".join(lines[:5]) + lines[5][:20])
    again = answer_of(place.head.run(command, questions.parent, place.env))
    assert (again["answered"], again["answered_before"]) == (3, 5)
    assert sorted(json.loads(line)["line"] for line in out.read_text().splitlines()) == list(
        range(1, len(asked) + 1)
    )


def test_a_client_outside_the_cluster_remembers_and_recalls_like_a_job(
    place: Place, threads: Path
) -> None:
    before = stored_messages(place)
    state = place.folder / "client.done"
    ingest = [*CLI, "ingest-batch", str(threads), "--state", str(state), "--json"]
    again = answer_of(place.head.run_as_client(ingest, place.env))
    assert (again["pieces"], again["added"]) == (NUM_THREADS, 0)
    assert stored_messages(place) == before

    questions = place.folder / "client.jsonl"
    questions.write_text(json.dumps({"id": "q", "purpose": "crate 100", "token_budget": 200}))
    out = place.folder / "client_answers.jsonl"
    recall = [*CLI, "recall-batch", str(questions), "--out", str(out), "--json"]
    assert answer_of(place.head.run_as_client(recall, place.env))["answered"] == 1
    (answer,) = map(json.loads, out.read_text().splitlines())
    assert "crate 100 " in answer["items"][0]["text"]
