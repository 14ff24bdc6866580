"""The statements that take the place of others, through the ingestion itself."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from agent_memory.ids import ThreadId, WorkspaceId
from agent_memory.memory.items.chat_message import ChatMessage
from agent_memory.memory.items.item import Item
from agent_memory.memory.items.kinds import SEMANTIC, ItemState, Role
from agent_memory.memory.items.validity import holds
from agent_memory.memory.service.ingest import IngestRequest
from agent_memory.memory.service.memory import Memory
from agent_memory.memory.service.messages import MessageQuery
from agent_memory.memory.service.recall import RecallRequest
from agent_memory.memory.service.working_sets import WorkingSetRequest
from agent_memory.memory.workingset.rendering import render
from agent_memory.testing.dict_memory import DictMemory
from agent_memory.testing.memory import dict_memory

ALPHA = WorkspaceId("alpha")
USER, ASSISTANT, TOOL = Role.USER, Role.ASSISTANT, Role.TOOL


@dataclass
class Talk:
    """Messages a day apart, each in a call of its own."""

    store: DictMemory = field(default_factory=DictMemory)
    begun_at: datetime = field(default_factory=lambda: datetime.now(UTC) - timedelta(days=100))
    num_said: int = 0

    def __post_init__(self) -> None:
        self.memory: Memory = dict_memory(self.store)

    async def say(
        self,
        *contents: str,
        role: Role = USER,
        thread: str = "talk",
        at: datetime | None = None,
        speaker: str | None = None,
    ) -> None:
        for content in contents:
            self.num_said += 1
            said_at = at or self.begun_at + timedelta(days=self.num_said)
            message = ChatMessage(role, content, speaker, said_at)
            await self.memory.ingest.ingest(ALPHA, IngestRequest(ThreadId(thread), (message,)))

    def statements(self, state: ItemState) -> list[str]:
        return [item.text for item in self.items() if item.state is state]

    @property
    def current(self) -> list[str]:
        return self.statements(ItemState.ACTIVE)

    @property
    def outdated(self) -> list[str]:
        return self.statements(ItemState.SUPERSEDED)

    def items(self) -> list[Item]:
        return [one for one in self.store.shelf(ALPHA).items.values() if one.kind in SEMANTIC]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("For the EU cluster, the region is eu-west-1.", "For the US cluster, the region is us-1."),
        ("Importer settings: the timeout is 40 s.", "Mailer settings: the timeout is 6 s."),
        ("billing: the owner is Kathrin.", "search: the owner is Tomasz."),
        ("## Importer\nThe timeout is 40 s.", "## Mailer\nThe timeout is 6 s."),
        ("Importer:\n- timeout: 40s", "Mailer:\n- timeout: 6s"),
        ("In staging, the log level is DEBUG.", "In production, the log level is WARN."),
        ("In the importer the timeout is 20 s.", "In the exporter the timeout is 5 s."),
        ("[billing] the deadline is 4 May.", "[search] the deadline is 9 June."),
        ("The mailer is old. The timeout is 6 s.", "The importer is new. The timeout is 40 s."),
        ("In `auth.py` the timeout is 3s.", "In `jobs.py` the timeout is 60s."),
        ("We use Redux for the web client.", "We use pnpm for the web client."),
    ],
)
async def test_statements_of_two_scopes_stand_beside_each_other(one: str, other: str) -> None:
    talk = Talk()
    await talk.say(one, other)
    assert len(talk.current) == 2
    assert talk.outdated == []


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("For the EU cluster, the region is eu-1.", "For the EU cluster, the region is eu-3."),
        ("billing: the owner is Kathrin.", "billing: the owner is Tomasz."),
        ("## Importer\nThe timeout is 40 s.", "## Importer\nThe timeout is 60 s."),
        ("In staging, the log level is DEBUG.", "In staging the log level is INFO now."),
        ("In production, the replica count is 3.", "The production replica count is 5 now."),
    ],
)
async def test_statements_of_one_scope_take_each_others_place(older: str, newer: str) -> None:
    talk = Talk()
    await talk.say(older, newer)
    assert [len(talk.outdated), len(talk.current)] == [1, 1]
    assert newer.endswith(talk.current[0])


@pytest.mark.parametrize(
    ("word", "echo"),
    [
        ("The staging URL is https://new.test", "The staging URL is https://old.test"),
        ("We use PostgreSQL for the ledger.", "We use SQLite for the ledger."),
        ("Tomasz owns billing.", "Kathrin owns billing now."),
    ],
)
@pytest.mark.parametrize("role", [ASSISTANT, TOOL])
async def test_what_a_model_says_never_takes_the_place_of_a_persons_word(
    word: str, echo: str, role: Role
) -> None:
    talk = Talk()
    await talk.say(word)
    await talk.say(f"As I read earlier, {echo[0].lower()}{echo[1:]}", echo, role=role)
    assert talk.current == [word]


async def test_an_echo_of_the_old_word_leaves_the_correction_standing() -> None:
    talk = Talk()
    await talk.say("The staging URL is https://old.test", "The staging URL is https://new.test")
    await talk.say("As I read earlier, the staging URL is https://old.test", role=ASSISTANT)
    assert talk.current == ["The staging URL is https://new.test"]


async def test_a_persons_word_takes_the_place_of_what_a_model_said() -> None:
    talk = Talk()
    await talk.say("The staging URL is https://old.test", role=ASSISTANT)
    await talk.say("The staging URL is https://new.test")
    assert talk.current == ["The staging URL is https://new.test"]


async def test_a_model_that_repeats_the_users_words_of_the_turn_says_the_users_word() -> None:
    talk = Talk()
    await talk.say("The API listens on port 8000.")
    said_at = talk.begun_at + timedelta(days=9)
    turn = (
        ChatMessage(USER, "Please move the API to port 8400.", None, said_at),
        ChatMessage(ASSISTANT, "Done. The API listens on port 8400 now.", None, said_at),
    )
    await talk.memory.ingest.ingest(ALPHA, IngestRequest(ThreadId("talk"), turn))
    assert "The API listens on port 8400 now." in talk.current
    assert talk.outdated == ["The API listens on port 8000."]


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("We use poetry to manage dependencies.", "We switched from poetry to uv."),
        ("We use Celery for background jobs.", "We no longer use Celery."),
        ("We deploy on Fridays.", "We decided not to deploy on Fridays anymore."),
        ("The gateway timeout is 3s.", "GATEWAY_TIMEOUT is 10s by default now."),
        ("The gateway timeout is 3s.", "gateway_timeout: 10s"),
        ("The API listens on port 8000.", "The API listens on port 8400 now."),
        ("Tests run with tox.", "Tests now run with make check, not tox."),
        ("Poll the carrier API every 10 minutes.", "Poll the carrier API every 30 minutes."),
        ("Kathrin owns billing.", "Tomasz owns billing now."),
        ("The payments webhook is broken.", "The payments webhook is fine again."),
        ("We use moment for dates in the web client.", "We use dayjs instead of moment."),
        ("We run Postgres 14 in production.", "We upgraded Postgres from 14 to 16."),
        ("Force pushes are allowed on main.", "Force pushes are not allowed on main anymore."),
        ("Ann is the on-call engineer this week.", "Ben is the on-call engineer now."),
        ("We release on Mondays.", "We release on Wednesdays instead of Mondays."),
        ("We use Celery for jobs.", "We dropped Celery; jobs run in procrastinate."),
        ("We use Celery for jobs.", "We dropped Celery and now run jobs in procrastinate."),
        ("The primary region is eu-west-1.", "We failed over: primary region is now eu-central-1."),
        ("The staging port is 8080.", "Heads up everyone: the staging port is 8400 now."),
        ("Our ORM is SQLAlchemy.", "SQLAlchemy has been replaced by psycopg."),
        ("We use Sentry for errors.", "Sentry was dropped in favour of GlitchTip."),
        ("We use Webpack.", "Vite replaces Webpack."),
        ("Docs are written in Sphinx.", "We're moving the docs from Sphinx to MkDocs."),
        ("The retry limit is 3.", "Retry limit went from 3 to 5."),
        ("We store uploads in S3.", "Uploads go to R2 instead of S3."),
        ("Node 18 is required.", "Node 20 is required now."),
        ("We support Python 3.9.", "Python 3.9 is no longer supported."),
    ],
)
async def test_a_change_takes_the_place_of_what_was_before(older: str, newer: str) -> None:
    talk = Talk()
    await talk.say(older, newer)
    assert talk.outdated == [older]
    assert talk.current == [newer]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("We use Redis for caching.", "We do not use Redis for sessions."),
        ("We use Redis in staging.", "We no longer use Redis in production."),
        ("We use npm in the web client.", "We use poetry in the API."),
        ("The worker uses threads.", "The parser no longer uses threads."),
        ("The web app uses React.", "The web app uses Redux."),
        ("Never log passwords.", "Never log tokens."),
        ("Tomasz owns billing.", "Tomasz owns search now."),
        ("The API listens on port 8000.", "The docs server listens on port 9000."),
        ("The payments webhook is broken.", "The login page is fine again."),
        ("`MAX_RETRIES` is 3.", "`MAX_RETRY_DELAY` is 30."),
        ("We use Celery for jobs.", "We dropped Celery beat for the reports service."),
        ("We use Sentry for the API.", "Sentry was dropped in favour of GlitchTip in the CLI."),
        ("Node 18 is required.", "Ruby 3.2 is required."),
    ],
)
async def test_what_is_about_something_else_changes_nothing(one: str, other: str) -> None:
    talk = Talk()
    await talk.say(one, other)
    assert talk.outdated == []
    assert len(talk.current) == 2


async def test_the_same_value_in_other_words_leaves_both() -> None:
    talk = Talk()
    await talk.say("Tomasz owns billing.", "Tomasz owns billing and answers mails on Mondays.")
    assert talk.outdated == []


async def test_the_newest_thread_of_a_project_is_current() -> None:
    talk = Talk()
    await talk.say("We use yarn for the web client.", thread="shop:one")
    await talk.say("We use pnpm for the web client.", thread="shop:two")
    await talk.say("We use npm for the web client.", thread="bank:one")
    assert talk.outdated == ["We use yarn for the web client."]


async def test_a_bare_word_is_each_threads_own() -> None:
    talk = Talk()
    await talk.say("The port is 8000.", thread="one")
    await talk.say("The port is 9000.", thread="two")
    assert talk.outdated == []


@pytest.mark.parametrize(
    ("task", "done"),
    [
        ("TODO: rotate the staging certificate.", "Done: rotate the staging certificate."),
        ("TODO: rotate the staging certificate.", "The staging certificate is rotated."),
        ("- [ ] write the changelog entry", "- [x] write the changelog entry"),
        ("TODO: merge the login pull request.", "The login pull request is merged."),
        ("Please add a retry to the uploader.", "I've added a retry to the uploader."),
        ("TODO: renew the wildcard certificate.", "The wildcard certificate is renewed."),
        ("TODO: pin the base image.", "Base image pinned."),
        ("Remember to back up the ledger.", "The ledger has been backed up."),
        ("TODO: send the invoice to Acme.", "The invoice to Acme was sent."),
    ],
)
@pytest.mark.parametrize("thread", ["talk", "another"])
async def test_a_task_closes_when_it_is_done(task: str, done: str, thread: str) -> None:
    talk = Talk()
    await talk.say(task, "TODO: bump the version.")
    await talk.say(done, role=ASSISTANT, thread=thread)
    assert [one.text for one in talk.items() if one.state is ItemState.ACTIVE] == [
        "TODO: bump the version."
    ]


@pytest.mark.parametrize(
    "said",
    [
        "Done: rotate the production certificate.",
        "The staging certificate is not rotated yet.",
        "Is the staging certificate rotated?",
        "The staging certificate should be rotated.",
        "TODO: review the staging certificate.",
        "The staging certificate is expired.",
        "We rotated the production certificate.",
    ],
)
async def test_a_task_stays_open_until_it_is_done(said: str) -> None:
    talk = Talk()
    await talk.say("TODO: rotate the staging certificate.", said)
    assert "TODO: rotate the staging certificate." in talk.current


async def test_a_question_closes_when_it_is_answered() -> None:
    question = "Which port does the metrics exporter use in `prod`?"
    talk = Talk()
    await talk.say(question, "The API uses port 8000 in prod.")
    assert question in talk.current
    await talk.say("The metrics exporter uses port 9100 in prod.", role=ASSISTANT)
    assert talk.outdated == [question]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Which database should we use for the ledger?", "Use PostgreSQL for the ledger."),
        ("When do we freeze `main` for the release?", "We freeze main on Thursday."),
        ("Which port does the staging API use?", "Staging API runs on 8401."),
        ("Should I squash the commits of the `wal` branch?", "Yes, squash them."),
        ("Shall I delete the old `reports` table now?", "No, keep it for a month."),
    ],
)
async def test_an_answer_in_other_words_closes_its_question(question: str, answer: str) -> None:
    talk = Talk()
    await talk.say(question, role=ASSISTANT)
    await talk.say(answer)
    assert question in talk.outdated


@pytest.mark.parametrize(
    "said",
    [
        "I do not know why test_merge fails on ARM yet.",
        "Yes.",
        "test_merge runs on ARM and on x86.",
        "Why does test_merge fail on ARM?",
    ],
)
async def test_a_question_stays_open_until_somebody_knows(said: str) -> None:
    question = "Why does `test_merge` fail on ARM?"
    talk = Talk()
    await talk.say(question, role=ASSISTANT)
    await talk.say(said)
    assert question in talk.current


async def test_yes_is_the_answer_to_the_last_question_only() -> None:
    talk = Talk()
    first, last = "Should I drop the `old` table?", "Should I squash the `wal` commits?"
    await talk.say(first, last, role=ASSISTANT)
    await talk.say("Yes, do that.")
    assert (first in talk.current, last in talk.outdated) == (True, True)


async def test_a_clock_that_is_ahead_does_not_win() -> None:
    talk = Talk()
    now = datetime.now(UTC)
    await talk.say("The default branch is trunk.", at=now + timedelta(hours=2))
    await talk.say("The default branch is main.", at=datetime.now(UTC))
    assert talk.current == ["The default branch is main."]


async def test_nothing_is_current_before_its_time() -> None:
    talk = Talk()
    later = datetime.now(UTC) + timedelta(days=1500)
    await talk.say("The default branch is main.")
    await talk.say("The default branch is trunk.", at=later)
    now = datetime.now(UTC)
    assert [one.text for one in talk.items() if holds(one, now)] == ["The default branch is main."]
    assert [one.text for one in talk.items() if holds(one, later + timedelta(days=2))] == [
        "The default branch is trunk."
    ]


async def test_what_was_said_later_wins_over_a_date_in_the_future() -> None:
    talk = Talk()
    later = datetime.now(UTC) + timedelta(days=1500)
    await talk.say("The default branch is trunk.", at=later)
    await talk.say("The default branch is main.", at=datetime.now(UTC))
    assert talk.current == ["The default branch is main."]


async def test_a_message_bears_the_mark_of_its_outdated_statement_wherever_it_is_shown() -> None:
    talk = Talk()
    rest = "It took me a while to find that out, so please do not ask me for it again."
    await talk.say(f"Hi! The staging host is a.test. {rest}", "The staging host is b.test now.")
    day = (talk.begun_at + timedelta(days=2)).date()
    marked = f"user: Hi! The staging host is a.test. [superseded {day}] {rest}"

    request = RecallRequest("staging host", 500)
    recalled = await talk.memory.recall.recall(ALPHA, request)
    assert marked in recalled.packed.text
    wanted = WorkingSetRequest("staging host", 500, ThreadId("talk"))
    assert marked in render(await talk.memory.working_sets.assemble(ALPHA, wanted))
    found = await talk.memory.messages.search(ALPHA, MessageQuery("staging host", 9))
    marks = {one.item.text[:3]: [at.how for at in one.item.outdated] for one in found.found}
    assert marks == {"Hi!": ["superseded"], "The": []}


async def test_a_message_says_that_its_task_is_done() -> None:
    talk = Talk()
    await talk.say("TODO: rotate the staging certificate.", "Done: rotate the staging certificate.")
    recalled = await talk.memory.recall.recall(ALPHA, RecallRequest("staging certificate", 500))
    day = (talk.begun_at + timedelta(days=2)).date()
    assert f"TODO: rotate the staging certificate. [done {day}]" in recalled.packed.text


async def test_a_message_of_the_time_bears_no_mark() -> None:
    talk = Talk()
    await talk.say("The staging host is a.test.", "The staging host is b.test now.")
    then = talk.begun_at + timedelta(days=1, hours=2)
    request = RecallRequest("staging host", 500, as_of=then)
    recalled = await talk.memory.recall.recall(ALPHA, request)
    assert "user: The staging host is a.test.\n" in recalled.packed.text + "\n"


async def test_a_thread_is_told_what_another_one_put_in_the_place_of_its_statement() -> None:
    talk = Talk()
    await talk.say("We use yarn for the web client.", thread="one")
    await talk.say("We use pnpm for the web client.", thread="two")
    request = RecallRequest("web client", 500, (ThreadId("one"),))
    recalled = await talk.memory.recall.recall(ALPHA, request)
    assert "decision: We use pnpm for the web client." in recalled.packed.text
