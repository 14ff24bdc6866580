"""Redacting again what was stored under an older policy."""

from dataclasses import replace

from agent_memory.ids import ItemId, MaterialId
from agent_memory.json_value import Json
from agent_memory.memory.extraction.chat import MESSAGES
from agent_memory.memory.items.item import Key
from agent_memory.memory.items.kinds import KeyKind
from agent_memory.memory.redaction.again import BLANK, StoredMaterial, Wording, redact_again
from agent_memory.memory.redaction.policy import RedactionPolicy

POLICY = RedactionPolicy()
TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
RAW = f"Use the token {TOKEN} for the upload."
STORED = StoredMaterial(
    MaterialId("mat_1"), RAW, wordings=(Wording(ItemId("item_1"), RAW, context="1 May"),)
)


def test_what_is_clean_stays_as_it_is() -> None:
    clean = replace(STORED, text="Nothing here.", wordings=(Wording(ItemId("i"), "Nothing here."),))

    assert redact_again(clean, POLICY) is None


def test_the_raw_text_keeps_its_length_and_items_get_marks() -> None:
    reworded = redact_again(STORED, POLICY)

    assert reworded is not None
    assert len(reworded.material.text) == len(RAW)
    assert TOKEN not in reworded.material.text
    assert BLANK * len(TOKEN) in reworded.material.text
    [wording] = reworded.material.wordings
    assert wording.text == "Use the token [redacted:github_token] for the upload."
    assert wording.context == "1 May"
    assert sum(reworded.counts.values()) == 1


def test_redacting_again_changes_nothing_more() -> None:
    reworded = redact_again(STORED, POLICY)
    assert reworded is not None

    assert redact_again(reworded.material, POLICY) is None


def test_what_the_raw_text_gives_away_goes_from_everywhere() -> None:
    wording = Wording(
        ItemId("item_1"),
        "upload",
        search_text=f"x {TOKEN}",
        speaker=TOKEN,
        subject=f"about {TOKEN}",
        keys=(Key(KeyKind.FILE, f"src/{TOKEN}.py"),),
        metadata={"note": [TOKEN, {"deep": TOKEN}], "count": 3},
    )
    stored = replace(STORED, purpose=f"try {TOKEN}", metadata={"t": TOKEN}, wordings=(wording,))

    reworded = redact_again(stored, POLICY)

    assert reworded is not None
    assert TOKEN not in repr(reworded)
    assert reworded.material.wordings[0].metadata["count"] == 3


def test_items_that_do_not_change_are_left_alone() -> None:
    clean = Wording(ItemId("item_2"), "Nothing here.")

    reworded = redact_again(replace(STORED, wordings=(*STORED.wordings, clean)), POLICY)

    assert reworded is not None
    assert [wording.item_id for wording in reworded.material.wordings] == ["item_1"]


def test_what_we_wrote_into_the_metadata_ourselves_can_still_be_read() -> None:
    messages: list[object] = [{"role": "user", "occurred_at": "2026-05-01T10:00:00+00:00"}]
    stored = replace(STORED, metadata={MESSAGES: messages})  # type: ignore[dict-item]

    reworded = redact_again(stored, POLICY)

    assert reworded is not None
    assert reworded.material.metadata[MESSAGES] == messages


def test_who_spoke_goes_from_what_is_noted_of_messages() -> None:
    noted: dict[str, Json] = {
        "begin": 0, "end": 5, "role": "user", "speaker": TOKEN, "metadata": {"via": TOKEN}
    }  # fmt: skip
    reworded = redact_again(replace(STORED, metadata={MESSAGES: [dict(noted)]}), POLICY)

    assert reworded is not None
    mark = "[redacted:github_token]"
    assert reworded.material.metadata[MESSAGES] == [
        {**noted, "speaker": mark, "metadata": {"via": mark}}
    ]
