"""The shipped tokenizer: nothing is lost, marks are one token, values are cut in small pieces."""

import pytest
from tokenizers import Tokenizer

from agent_memory import bundled
from agent_memory.bundled.recipe.dialogues import Mix, write
from agent_memory.bundled.recipe.rendering import pieces
from agent_memory.bundled.recipe.tokenizer import SPECIAL, build
from agent_memory.bundled.recipe.values import seeded


@pytest.fixture(scope="module")
def shipped() -> Tokenizer:
    return Tokenizer.from_file(str(bundled.path() / "tokenizer.json"))


@pytest.mark.parametrize(
    "text",
    [
        "My name is Zorvek.",
        "  two spaces,\n\nand lines\t",
        "naïve café, 東京, 🦜",
        '{"path": "/a/b_c.py", "n": -3.50}',
        "<|im_start|>user\nHi<|im_end|>\n",
    ],
)
def test_text_survives_the_round_trip(shipped: Tokenizer, text: str) -> None:
    assert shipped.decode(shipped.encode(text).ids, skip_special_tokens=False) == text


@pytest.mark.parametrize("mark", SPECIAL)
def test_a_mark_is_one_token(shipped: Tokenizer, mark: str) -> None:
    assert len(shipped.encode(mark).ids) == 1


def test_digits_stand_alone(shipped: Tokenizer) -> None:
    assert shipped.encode("4711").tokens == ["4", "7", "1", "1"]


def test_a_made_up_value_is_cut_the_same_way_after_a_space_and_a_quote(shipped: Tokenizer) -> None:
    after_space, after_quote = (shipped.encode(text).tokens for text in (" Zorvek", '"Zorvek'))
    assert after_space[1:] == after_quote[1:] == ["Zo", "r", "ve", "k"]


def test_pieces_are_cut_as_the_whole_text_is(shipped: Tokenizer) -> None:
    dialogue = write(seeded("pieces"), Mix(tools=1.0), 3000)
    texts = [piece.text for piece in pieces(dialogue)]
    cut = [index for text in texts for index in shipped.encode(text).ids]
    assert cut == shipped.encode("".join(texts)).ids


def test_the_recipe_builds_the_shipped_tokenizer(shipped: Tokenizer) -> None:
    built = build()
    assert built.get_vocab() == shipped.get_vocab()
    assert built.get_vocab_size() == 1024
