"""The generator: seeded, split into seen and held out, and right in what it answers."""

import pytest

from agent_memory.bundled.recipe import catalogue, facts, made_up_tools, phrasings, slots, tools
from agent_memory.bundled.recipe.dialogues import Dialogue, Mix, Probe, write
from agent_memory.bundled.recipe.fillers import FILLERS, blurred
from agent_memory.bundled.recipe.rendering import END, START, pieces
from agent_memory.bundled.recipe.values import KINDS, is_reserved, seeded, value


def text_of(seed: int, mix: Mix) -> str:
    return "".join(piece.text for piece in pieces(write(seeded("test", seed), mix, 3000)))


@pytest.mark.parametrize("seed", range(5))
def test_one_seed_writes_one_dialogue(seed: int) -> None:
    assert text_of(seed, Mix()) == text_of(seed, Mix())


def test_another_seed_writes_another() -> None:
    assert text_of(1, Mix()) != text_of(2, Mix())


@pytest.mark.parametrize("kind", KINDS)
def test_training_and_evaluation_share_no_value(kind: str) -> None:
    rng = seeded("values", kind)
    assert not any(is_reserved(value(rng, kind)) for _ in range(50))
    assert all(is_reserved(value(rng, kind, reserved=True)) for _ in range(50))


def test_no_phrasing_is_both_seen_and_held_out() -> None:
    sets = [phrasings.TELL, phrasings.ASK, phrasings.CORRECT]
    sets += [item for slot in slots.SPECIAL for item in (slot.own_tell, slot.own_ask)]
    sets += [tool.requests for tool in catalogue.SEEN + catalogue.HELD_OUT]
    for item in sets:
        assert not set(item.seen) & set(item.held_out)
    assert not set(made_up_tools.STARTS) & set(made_up_tools.HELD_OUT_STARTS)
    heads = {head.strip().lower() for head in facts.HEADS_HELD_OUT}
    assert not heads & {head.lower() for head in phrasings.TELL_HEADS}
    opened = [*phrasings.TELL.held_out, *phrasings.ASK.held_out, *phrasings.CORRECT.held_out]
    announced = (*phrasings.TELL_HEADS, *phrasings.ASK_HEADS)
    assert not [text for text in opened if text.startswith(announced)]


def test_a_recalled_value_was_told_before() -> None:
    dialogue = _long_dialogue(Mix(tools=0.0))
    heard = ""
    for message in dialogue.messages:
        if message.probe is Probe.NOT_TOLD:
            assert message.content.endswith(" you have not told me.")
        if message.role == "user":
            heard += message.content + "\n"
    for fact in dialogue.known.values():
        assert fact.value in heard or fact.value in dialogue.messages[0].content


def test_a_call_takes_its_arguments_from_the_request() -> None:
    rng = seeded("calls")
    for tool in catalogue.SEEN:
        request = tools.request(rng, tool, held_out=False, reserved=False)
        assert len(request.arguments) >= any(item.is_required for item in tool.parameters)
        assert all(str(argument) in request.text for argument in request.arguments.values())


def test_a_toolbox_names_no_tool_twice() -> None:
    names = [tool.name for tool in tools.toolbox(seeded("toolbox"), 8, held_out=True)]
    assert len(set(names)) == 8


def test_every_message_is_closed() -> None:
    text = text_of(3, Mix(tools=1.0))
    assert text.count(START) == text.count(END)


def _long_dialogue(mix: Mix) -> Dialogue:
    dialogue = Dialogue.begin(seeded("long"), mix)
    for _ in range(40):
        dialogue.take_turn()
    return dialogue


def test_words_are_put_in_between_and_no_mark_is_lost() -> None:
    rng, frame = seeded("fillers"), "Send the {a} to {b}, please."
    blurry = {blurred(rng, frame, 1.0) for _ in range(50)}
    assert frame not in blurry
    assert all("{a}" in text and "{b}" in text for text in blurry)
    assert {blurred(rng, frame, 0.0) for _ in range(5)} == {frame}


def test_no_made_up_word_stands_beside_a_value_that_it_could_be_part_of() -> None:
    rng, frame = seeded("made up"), "Send the {a} to {b} as soon as you can"
    known = {*FILLERS, *frame.split()}
    blurry = [blurred(rng, frame, 1.0).split() for _ in range(300)]
    assert any(set(words) - known for words in blurry)
    for words in blurry:
        for place, word in enumerate(words):
            if "{" in word:
                assert set(words[place - 1 : place + 2]) <= known


def test_a_request_is_brief_only_where_it_tells_its_tool_from_the_others() -> None:
    parcel = catalogue.Tool(
        "track_parcel",
        "Track a parcel.",
        (),
        phrasings.Phrasings(("Please track the parcel.",), ()),
        brief=(("track", "Track it."), ("parcel", "The parcel?")),
    )
    other = catalogue.Tool("send_parcel", "Send a parcel.", (), phrasings.Phrasings((), ()))
    assert parcel.among([parcel, other]).requests.seen == ("Please track the parcel.", "Track it.")


def test_made_up_tools_share_neither_deeds_nor_things_with_those_held_out() -> None:
    names = [tool.name.split("_") for tool in catalogue.HELD_OUT]
    assert not {verb for verb, _ in names} & set(made_up_tools.VERBS)
    things = {thing for _, thing in names}
    assert not things & {*made_up_tools.THINGS, *made_up_tools.KEYS}


def test_a_brief_request_turns_on_words_that_stand_in_its_tool() -> None:
    rng = seeded("brief")
    made = [made_up_tools.made_up_tool(rng, held_out=False) for _ in range(400)]
    for tool in made:
        for turned_on, text in tool.brief:
            assert turned_on.lower() in text.lower()
            assert all(tool.has_to_do_with(word) for word in turned_on.split())
    # Some descriptions alone say what is found out, whatever the tool is called.
    assert any(
        turned_on.split()[0].lower() not in tool.name.lower()
        for tool in made
        for turned_on, _ in tool.brief
    )
