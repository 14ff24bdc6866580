"""Statements in messages, and words that only look like them."""

import pytest

from agent_memory.memory.items.item import Draft
from agent_memory.memory.items.kinds import SEMANTIC, ItemKind, Role
from tests.unit.memory.extraction.materials import say


def statements(*contents: str, role: Role = Role.USER, speaker: str | None = None) -> list[Draft]:
    return [d for d in say(*contents, role=role, speaker=speaker) if d.kind in SEMANTIC]


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (ItemKind.DECISION, "We decided to go with PostgreSQL."),
        (ItemKind.DECISION, "We will use Redis for caching."),
        (ItemKind.DECISION, "Let's switch to uv."),
        (ItemKind.DECISION, "Decision: keep the monolith."),
        (ItemKind.DECISION, "We decided not to support Windows."),
        (ItemKind.DECISION, "We won't use Kubernetes."),
        (ItemKind.REQUIREMENT, "The API must return JSON."),
        (ItemKind.REQUIREMENT, "If the build fails, the service must roll back."),
        (ItemKind.CONSTRAINT, "Never commit secrets to the repository."),
        (ItemKind.CONSTRAINT, "Responses stay under 200 ms."),
        (ItemKind.CONSTRAINT, "Workers must not write to the primary."),
        (ItemKind.TASK, "TODO: rotate the keys"),
        (ItemKind.TASK, "- [ ] write the migration"),
        (ItemKind.TASK, "Can you add a test for the parser?"),
        (ItemKind.TASK, "We still need to update the docs."),
        (ItemKind.PREFERENCE, "I prefer tabs over spaces."),
        (ItemKind.PREFERENCE, "My favourite editor is Helix."),
        (ItemKind.QUESTION, "Should we use Kafka or RabbitMQ?"),
        (ItemKind.QUESTION, "Why does `parse_row` drop the last line?"),
        (ItemKind.GLOSSARY, "SLO stands for service level objective."),
        (ItemKind.GLOSSARY, "ARR means annual recurring revenue."),
    ],
)
def test_a_sentence_is_recognised_by_its_turn_of_phrase(kind: ItemKind, sentence: str) -> None:
    found = statements(sentence)
    assert [draft.kind for draft in found] == [kind]
    assert 0.4 <= found[0].confidence < 1


@pytest.mark.parametrize(
    "sentence",
    [
        "Should we use Redis?",
        "If we decided to use Redis, we would need a cluster.",
        "What if we decided to use Redis",
        "We have not decided to use Redis yet.",
        "We haven't agreed on Redis.",
        "Maybe we will use Redis.",
        'He said "we decided to use Redis" in the talk.',
        "> We decided to use Redis.",
        "The test is called `we will use redis`.",
        "Nobody has decided to use Redis.",
    ],
)
def test_what_is_asked_supposed_denied_or_quoted_is_no_decision(sentence: str) -> None:
    assert ItemKind.DECISION not in {draft.kind for draft in statements(sentence)}


@pytest.mark.parametrize(
    "sentence",
    [
        "How are you today?",
        "That must've been fun!",
        "Your help means a lot.",
        "You must be tired.",
        "It stands for freedom.",
        "Always staying here.",
        "Don't give up!",
    ],
)
def test_small_talk_states_nothing(sentence: str) -> None:
    assert statements(sentence) == []


@pytest.mark.parametrize(
    ("subject", "older", "newer"),
    [
        ("staging port", "The staging port is 8413.", "We moved the staging port to 9000."),
        ("staging port", "The staging port is 8413.", "The port of staging is now 9000."),
        (
            "Ann's favourite editor",
            "My favorite editor is vim.",
            "By the way, my favourite editor is now Helix.",
        ),
        ("used for logging", "We use log4j for logging.", "We decided to use slf4j for logging."),
        ("deadline", "The deadline is 3 June.", "The deadline has moved to 10 June."),
        ("max retries", "`MAX_RETRIES` is 3.", "`MAX_RETRIES` should be 5."),
        ("default branch", "Our default branch is main.", "The default branch is trunk now."),
    ],
)
def test_statements_about_the_same_have_the_same_subject(
    subject: str, older: str, newer: str
) -> None:
    found = statements(older, newer, speaker="Ann")
    assert [draft.subject for draft in found] == [subject, subject]


@pytest.mark.parametrize(
    "sentence",
    [
        "The problem is that nobody knows.",
        "The server must validate input.",
        "We decided to leave.",
        "Is the port 80?",
        "If the port is 80, we must be root.",
        "The version is wrong.",
    ],
)
def test_a_subject_is_never_guessed(sentence: str) -> None:
    assert [draft.subject for draft in statements(sentence) if draft.subject] == []


def test_code_between_tildes_states_nothing() -> None:
    fenced = "See:\n~~~python\n# We decided to use FakeB for queues.\n~~~\nWe decided to use NATS."
    assert [draft.text for draft in statements(fenced)] == ["We decided to use NATS."]


def test_an_enumeration_in_a_line_is_cut_before_its_numbers() -> None:
    found = statements("Noted: 1. finish the /v2/events route, 2. cache the UPS OAuth token.")
    assert [(draft.kind, draft.text) for draft in found] == [
        (ItemKind.TASK, "finish the /v2/events route"),
        (ItemKind.TASK, "cache the UPS OAuth token."),
    ]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("TODO: (a) add retries; (b) tell Ann, and (c) bump the SDK", ItemKind.TASK),
        ("Next steps: 1) add retries, 2) tell Ann, 3) bump the SDK", ItemKind.TASK),
        ("Next steps:\n- add retries\n- tell Ann\n- bump the SDK", ItemKind.TASK),
        (
            "## Open tasks\n1. add retries\n2. tell Ann\n3. bump the SDK\n4. [x] write",
            ItemKind.TASK,
        ),
        ("We decided:\n* add retries\n* tell Ann\n* bump the SDK", ItemKind.DECISION),
    ],
)
def test_a_list_is_what_stands_above_it(text: str, kind: ItemKind) -> None:
    assert [(draft.kind, draft.text) for draft in statements(text)] == [
        (kind, "add retries"),
        (kind, "tell Ann"),
        (kind, "bump the SDK"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Call f(a) and g(b) when x(1) holds.",
        "The options are (a) Redis and (b) Valkey.",
        "Colours:\n- teal\n- orange",
        "Next steps are unclear.\nThey are listed below.",
    ],
)
def test_any_other_list_states_nothing(text: str) -> None:
    assert statements(text) == []


def test_a_number_at_the_end_of_a_sentence_stays() -> None:
    found = statements("The limit is 2. The quota is 3.")
    assert [draft.text for draft in found] == ["The limit is 2.", "The quota is 3."]


@pytest.mark.parametrize(
    "sentence",
    [
        "Pass `session_cwd` to `TranscriptRenderer.render/2`",
        "The fixture may not contain agent_id.",
    ],
)
def test_what_to_type_and_what_may_be_are_no_rules(sentence: str) -> None:
    assert statements(sentence) == []


def test_my_is_each_speakers_own() -> None:
    ann = statements("My favourite colour is red.", speaker="Ann")[0]
    bob = statements("My favourite colour is red.", speaker="Bob")[0]
    assert ann.subject != bob.subject
    assert ann.content_hash != bob.content_hash


def test_a_statement_points_to_its_sentence_and_its_message() -> None:
    contents = ["Hello.", "It is late, e.g. midnight. We will use Kafka. Bye."]
    drafts = say(*contents)
    decision = next(draft for draft in drafts if draft.kind is ItemKind.DECISION)
    assert decision.text == "We will use Kafka."
    text = "\n\n".join(contents)
    assert text[decision.span.begin : decision.span.end] == decision.text
    assert decision.source is not None
    assert drafts[decision.source].text == contents[1]


def test_an_assistant_is_believed_less_than_a_user() -> None:
    sentence = "We will use Kafka."
    user, assistant = statements(sentence), statements(sentence, role=Role.ASSISTANT)
    assert assistant[0].confidence < user[0].confidence


def test_what_a_tool_prints_states_nothing() -> None:
    assert statements("We must never use eval.", role=Role.TOOL) == []


def test_a_mind_changed_and_changed_back_is_three_statements() -> None:
    found = statements(
        "The staging port is 80.", "The staging port is 90.", "The staging port is 80."
    )
    assert [draft.text[-3:-1] for draft in found] == ["80", "90", "80"]
    assert len({draft.content_hash for draft in found}) == 3


def test_a_statement_that_is_repeated_is_counted() -> None:
    found = statements("We will use Kafka.", "We will use Kafka!", "ok")
    assert [draft.num_occurrences for draft in found] == [2]
