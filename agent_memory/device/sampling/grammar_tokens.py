"""A model's tokens, as llguidance asks for them."""

from collections.abc import Sequence

from llguidance import LLTokenizer, TokenizerWrapper

from agent_memory.device.text.prompter import Prompter
from agent_memory.errors import InvalidRequest


class _TokenTable:
    """The tokenizer as llguidance asks for it: bytes by id."""

    def __init__(self, prompter: Prompter) -> None:
        self._prompter = prompter
        form = prompter.call_grammar
        written = () if form is None else form.marks
        markers = {id_ for text in written for id_ in prompter.encode(text)}
        self.tokens = [prompter.token_bytes(at) for at in range(prompter.vocab_size)]
        self.special_token_ids = sorted(prompter.special_token_ids - markers)
        self.eos_token_id = min(prompter.eos_token_ids)
        self.bos_token_id = None

    def __call__(self, text: bytes | str) -> Sequence[int]:
        decoded = text if isinstance(text, str) else text.decode("utf-8", "replace")
        return list(self._prompter.encode(decoded))


def ll_tokenizer(prompter: Prompter) -> LLTokenizer:
    if not prompter.vocabulary.has_bytes or not prompter.eos_token_ids:
        raise InvalidRequest(
            "The output of this model cannot be constrained: its tokens do not stand for bytes.",
            "response_format",
        )
    table = TokenizerWrapper(_TokenTable(prompter))
    return LLTokenizer(table, eos_token=sorted(prompter.eos_token_ids))
