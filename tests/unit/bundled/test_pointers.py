"""Pointers: each leads from a copied token of a reply back to the same token, said before, or from
the token after a copied value to the one that stood after it."""

import pytest
from tokenizers import Tokenizer

from agent_memory.bundled.recipe.batches import Row, encode
from agent_memory.bundled.recipe.dialogues import Call, Dialogue, Message, Mix, Probe, write
from agent_memory.bundled.recipe.pointers import NOWHERE
from agent_memory.bundled.recipe.tokenizer import build
from agent_memory.bundled.recipe.tools import Json
from agent_memory.bundled.recipe.values import seeded

ENDS = ('"}}', '",', "}}", ",")
"""The source of an argument's value."""


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return build()


def sources(tokenizer: Tokenizer, row: Row) -> list[tuple[str | None, str | None]]:
    """Each copied token with the token before the one that it is copied from."""
    return [
        (tokenizer.id_to_token(row.ids[written]), tokenizer.id_to_token(row.ids[source - 1]))
        for written, source in row.pointers
    ]


def call_of_a_tool(parameter: str = "path", description: str = "Zip it.") -> Dialogue:
    schema: dict[str, Json] = {
        "type": "function",
        "function": {
            "name": "zip_wexu",
            "description": description,
            "parameters": {"type": "object", "properties": {parameter: {"type": "string"}}},
        },
    }
    dialogue = Dialogue(seeded("call"), Mix(), schemas=[schema])
    dialogue.messages += [
        Message("user", "Zip the wexu voka."),
        Message("assistant", "", (Call("zip_wexu", {parameter: "voka"}),)),
    ]
    return dialogue


@pytest.mark.parametrize("seed", range(5))
def test_a_pointer_leads_back_to_the_same_token(tokenizer: Tokenizer, seed: int) -> None:
    row = encode(tokenizer, write(seeded("pointers", seed), Mix(tools=0.7), 4000))
    copied = [(written, source) for written, source in row.pointers if source != NOWHERE]
    assert copied
    for written, source in copied:
        assert source < written
        assert row.is_reply[written]
        if tokenizer.id_to_token(row.ids[written]) in ENDS:
            assert row.ids[source - 1] == row.ids[written - 1]
        else:
            assert row.ids[source] == row.ids[written]


def test_a_call_is_copied_from_its_schema_and_from_the_request(tokenizer: Tokenizer) -> None:
    row = encode(tokenizer, call_of_a_tool())
    copied = sources(tokenizer, row)
    assert copied == [("zi", '":"'), ("path", '":{"'), ("vo", "\u0120"), ('"}}', "ka")]
    assert tokenizer.id_to_token(row.ids[row.pointers[-1][1]]) == "."


def test_a_value_of_two_words_goes_on_from_the_first_one_in_the_request(
    tokenizer: Tokenizer,
) -> None:
    dialogue = call_of_a_tool()
    dialogue.messages = [
        Message("user", "Zip the wexu voka mizu now."),
        Message("assistant", "", (Call("zip_wexu", {"path": "voka mizu"}),)),
    ]
    copied = sources(tokenizer, encode(tokenizer, dialogue))
    assert copied[2:] == [("vo", "\u0120"), ("\u0120", "ka"), ('"}}', "zu")]


def test_a_value_is_noted_from_the_user_and_recalled_from_the_same_words(
    tokenizer: Tokenizer,
) -> None:
    dialogue = Dialogue(seeded("recall"), Mix())
    dialogue.messages += [
        Message("user", "Vexu was chosen as my pet."),
        Message("assistant", "Noted: your pet is Vexu.", told=("Vexu",)),
        Message("user", "My dog is called Vexu."),
        Message("assistant", "Noted: your dog is called Vexu.", told=("Vexu",)),
        Message("user", "What is my pet?"),
        Message("assistant", "Your pet is Vexu.", told=("Vexu",)),
    ]
    row = encode(tokenizer, dialogue)
    (noted_at, told_at), *_ = row.pointers
    (_, recalled_from), (_, before) = row.pointers[-2:]
    assert not row.is_reply[told_at]
    assert (recalled_from, before) == (noted_at, noted_at - 1)


def test_what_the_model_never_said_is_recalled_from_who_did(tokenizer: Tokenizer) -> None:
    dialogue = Dialogue(seeded("notes"), Mix())
    dialogue.messages += [
        Message("system", "Facts:\n- The user's pet is Vexu."),
        Message("user", "What is my pet?"),
        Message("assistant", "Your pet is Vexu.", told=("Vexu",)),
    ]
    row = encode(tokenizer, dialogue)
    assert [row.is_reply[source] for _, source in row.pointers] == [False, False]


def test_a_value_that_was_not_told_is_found_nowhere(tokenizer: Tokenizer) -> None:
    dialogue = Dialogue(seeded("nothing"), Mix())
    dialogue.messages += [
        Message("user", "When is my birthday?"),
        Message("assistant", "Your birthday is a day you have not told me.", probe=Probe.NOT_TOLD),
    ]
    ((written, source),) = encode(tokenizer, dialogue).pointers
    assert source == NOWHERE
    assert tokenizer.decode(encode(tokenizer, dialogue).ids[written : written + 2]) == " a day"


def test_a_name_takes_in_its_description_and_a_call_its_words_and_its_parameters(
    tokenizer: Tokenizer,
) -> None:
    row = encode(tokenizer, call_of_a_tool())
    taken = [tokenizer.decode(row.ids[begin:end]) for _, begin, end in row.gatherings]
    assert taken == ["Zip it", "p the wexu", "p the wexu", '":{"', "string"]


def test_what_tells_the_tool_tells_that_one_is_called(tokenizer: Tokenizer) -> None:
    row = encode(tokenizer, call_of_a_tool())
    before_reply, begin, end = row.gatherings[1]
    assert (row.is_reply[before_reply], row.is_reply[before_reply + 1]) == (False, True)
    assert (begin, end) == row.gatherings[2][1:]


def test_a_parameter_called_name_is_not_taken_for_the_tool_s_name(tokenizer: Tokenizer) -> None:
    row = encode(tokenizer, call_of_a_tool("name"))
    token, begin, end = row.gatherings[-1]
    assert tokenizer.decode(row.ids[begin:end]) == "string"
    assert tokenizer.decode(row.ids[token - 1 : token + 3]) == 'name": "vo'


@pytest.mark.parametrize(
    ("description", "words"),
    [
        ("Zip everything of it.", ["Zip the wexu"]),
        ("The wexu.", ["Zip"]),
        ("All of the wexu.", ["Zip"]),
    ],
)
def test_a_word_of_the_request_leads_to_the_one_tool_that_has_it(
    tokenizer: Tokenizer, description: str, words: list[str]
) -> None:
    dialogue = call_of_a_tool()
    other: dict[str, Json] = {"name": "do_all", "description": description}
    dialogue.schemas.append({"type": "function", "function": other})
    row = encode(tokenizer, dialogue)
    assert [
        tokenizer.decode(row.ids[: token + 1]).rpartition("user\n")[2]
        for token, _, _ in row.matchings
    ] == words
    assert {tokenizer.decode(row.ids[begin:end]) for _, begin, end in row.matchings} == {
        'Zip it.","name":"zip_wexu'
    }


def test_a_word_leads_there_that_is_one_token_with_its_space(tokenizer: Tokenizer) -> None:
    dialogue = call_of_a_tool(description="Book it.")
    dialogue.messages[0] = Message("user", "Please book voka.")
    row = encode(tokenizer, dialogue)
    ((token, _, _),) = row.matchings
    assert tokenizer.id_to_token(row.ids[token]) == "\u0120book"
