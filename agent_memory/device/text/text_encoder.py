"""Text of prompts into tokens: control tokens where the template wrote them, and nowhere else."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from mlx_lm.tokenizer_utils import NewlineTokenizer, TokenizerWrapper
from tokenizers import AddedToken, Tokenizer, pre_tokenizers

from agent_memory.device.text.control_tokens import ControlTokens
from agent_memory.prompts.control_marks import CutText

_Encode = Callable[[str], Sequence[int]]
_PREPENDS_FIRST = b'"prepend_scheme":"first"'
_PREPENDS_NEVER = b'"prepend_scheme":"never"'


class TextEncoder:
    """Encodes the text of a prompt.

    Text without cuts is left to the tokenizer. In other text, what stands between two control
    tokens and has a cut in it is encoded as words alone.
    """

    def __init__(self, tokenizer: TokenizerWrapper, control: ControlTokens) -> None:
        self._control = control
        self._forbidden = frozenset(control.ids.values())
        self._encode: _Encode = partial(tokenizer.encode, add_special_tokens=False, verbose=False)
        words = _words_encoders(tokenizer, control)
        self._can_join = words is not None
        self._first_words = words[0] if words else self._encode
        self._further_words = words[1] if words else self._encode

    def encode(self, text: CutText) -> tuple[int, ...]:
        """The tokens of `text`."""
        if len(text) == 1:
            return tuple(self._encode(text[0]))
        tokens: list[int] = []
        for stretch, is_words in self._stretches(text):
            if is_words:
                encode = self._further_words if tokens else self._first_words
                tokens.extend(self._words(stretch, encode))
            else:
                tokens.extend(self._encode(stretch[0]))
        return tuple(tokens)

    def _stretches(self, text: CutText) -> Iterator[tuple[CutText, bool]]:
        """(stretch, whether it is words alone): the other ones begin and end with control tokens,
        or where the text does."""
        words: list[str] = []
        eats_after = False
        for at, part in enumerate(text):
            spans = list(self._control.marks.spans(part))
            if not spans:
                words.append(part)
                continue
            begin = spans[0][0] if at else 0
            end = spans[-1][1] if at < len(text) - 1 else len(part)
            words.append(part[:begin])
            if at:
                eats_before = part[slice(*spans[0])] in self._control.eats_before
                yield _stripped(words, left=eats_after, right=eats_before), True
            yield (part[begin:end],), False
            eats_after = part[slice(*spans[-1])] in self._control.eats_after
            words = [part[end:]]
        if any(words):
            yield _stripped(words, left=eats_after, right=False), True

    def _words(self, parts: CutText, encode: _Encode) -> Sequence[int]:
        """The tokens of words that spell a control token: it is spelled out. A vocabulary that
        has the mark as a word of its own gets it in pieces."""
        whole = "".join(parts)
        attempts: tuple[Sequence[str], ...] = (parts, tuple(whole))
        for pieces in ([whole], *attempts) if self._can_join else attempts:
            tokens = [token for piece in pieces if piece for token in encode(piece)]
            if self._forbidden.isdisjoint(tokens):
                break
        return tokens


def _stripped(parts: Sequence[str], *, left: bool, right: bool) -> CutText:
    stripped = list(parts)
    if left:
        stripped[0] = stripped[0].lstrip()
    if right:
        stripped[-1] = stripped[-1].rstrip()
    return tuple(stripped)


def _words_encoders(
    tokenizer: TokenizerWrapper, control: ControlTokens
) -> tuple[_Encode, _Encode] | None:
    """Encoders without control tokens, for words where the text begins and for those further on;
    None where the tokenizer cannot be taken apart."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None or isinstance(tokenizer._tokenizer, NewlineTokenizer):
        return None
    first, further = (_without_added_tokens(backend) for _ in range(2))
    if backend.pre_tokenizer is not None:
        state = backend.pre_tokenizer.__getstate__()
        pre_tokenizer = pre_tokenizers.Sequence([])
        pre_tokenizer.__setstate__(state.replace(_PREPENDS_FIRST, _PREPENDS_NEVER))
        further.pre_tokenizer = pre_tokenizer
    added = tokenizer.added_tokens_decoder
    words = {token_id: added[token_id] for token_id in control.words.values()}
    return _encoder(first, words), _encoder(further, words)


def _without_added_tokens(tokenizer: Tokenizer) -> Tokenizer:
    """The tokenizer without its added tokens; the vocabulary is shared."""
    words = Tokenizer(tokenizer.model)
    if tokenizer.normalizer is not None:
        words.normalizer = tokenizer.normalizer
    if tokenizer.pre_tokenizer is not None:
        words.pre_tokenizer = tokenizer.pre_tokenizer
    return words


def _encoder(tokenizer: Tokenizer, words: Mapping[int, AddedToken]) -> _Encode:
    """Encodes with `tokenizer` and those added tokens that are words, by their own ids."""
    if words and max(tokenizer.get_vocab().values(), default=0) < tokenizer.get_vocab_size():
        tokenizer.add_tokens(list(words.values()))
    ids = {tokenizer.token_to_id(word.content): token_id for token_id, word in words.items()}

    def encode(text: str) -> Sequence[int]:
        encoded = tokenizer.encode(text, add_special_tokens=False).ids
        return [ids.get(token, token) for token in encoded] if ids else encoded

    return encode
