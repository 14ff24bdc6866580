"""Counts are those of the tokenizer."""

from tokenizers import Tokenizer, models, pre_tokenizers

from agent_memory.device.text.token_counter import ModelTokenCounter


def test_tokens_are_those_of_the_tokenizer() -> None:
    tokenizer = Tokenizer(models.WordLevel({"?": 0, "red": 1, "green": 2}, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    counter = ModelTokenCounter(tokenizer.to_str())
    assert [counter.count(text) for text in ("", "red", "red green blue", "red")] == [0, 1, 3, 1]
