"""Materials ready to be stored."""

from dataclasses import replace
from datetime import timedelta

from agent_memory.memory.extraction.chat import chat_material
from agent_memory.memory.items.chat_message import ChatMessage
from agent_memory.memory.items.kinds import MaterialKind, Role
from agent_memory.memory.items.preparation import prepare
from tests.unit.memory.extraction.materials import NOW, THREAD, material


def test_drafts_notes_and_redactions_are_in_it() -> None:
    prepared = prepare(material(MaterialKind.DIFF, "no diff"), {"email": 2})
    assert [draft.text for draft in prepared.drafts] == ["no diff"]
    assert prepared.notes != ()
    assert prepared.redactions == {"email": 2}


def test_the_same_text_has_the_same_hash_whenever_it_comes() -> None:
    first = material(MaterialKind.LOG, "started")
    later = replace(first, occurred_at=NOW + timedelta(days=1))
    assert prepare(first).content_hash == prepare(later).content_hash


def test_another_kind_or_another_speaker_makes_another_hash() -> None:
    log, chat = material(MaterialKind.LOG, "yes"), material(MaterialKind.CHAT, "yes")
    ann = chat_material(THREAD, [ChatMessage(Role.USER, "yes", "Ann")], NOW)
    bob = chat_material(THREAD, [ChatMessage(Role.USER, "yes", "Bob")], NOW)
    assert len({prepare(one).content_hash for one in (log, chat, ann, bob)}) == 4
