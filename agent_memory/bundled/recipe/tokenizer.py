"""A byte-level BPE tokenizer in which the words of the templates are whole and values are not.

Copying is learnt fastest when every value is cut in the same uniform way: into consonant-vowel
pairs, single letters and single digits. Such pairs are the only merges. The whole words, which
were the most frequent ones of generated dialogues, stand in the vocabulary beside them and are
taken whole (`ignore_merges`). A dot that goes on as an ending or a fraction is another token than
one that ends a sentence, and marks that belong to values do not grow together with those of JSON.
"""

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers

from agent_memory.bundled.recipe.rendering import CALL_END, CALL_START, END, START
from agent_memory.bundled.recipe.values import CONSONANTS, VOWELS, WHOLE_WORDS

PAD = "<|endoftext|>"
SPECIAL = (PAD, START, END, CALL_START, CALL_END)
PATTERN = (
    r"'(?:s|t|re|ve|m|ll|d)\b|\.(?:py|txt|md|json|com|org|net|io)\b|\.\d|://"
    r"| ?\p{L}+|\d| ?[{}\[\]\":,.]+|[^\s\p{L}\d]|\s"
)


def build() -> Tokenizer:
    """The tokenizer: marks, bytes, consonant-vowel pairs, whole words; 1024 tokens in all."""
    merges = _pairs()
    vocabulary = [
        *SPECIAL,
        *sorted(pre_tokenizers.ByteLevel.alphabet()),
        *(left + right for left, right in merges),
        *WHOLE_WORDS.read_text().split(),
    ]
    ids = {token: index for index, token in enumerate(vocabulary)}
    tokenizer = Tokenizer(models.BPE(vocab=ids, merges=merges, ignore_merges=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PATTERN), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(mark, special=True) for mark in SPECIAL[:3]])
    tokenizer.add_tokens([AddedToken(mark, normalized=False) for mark in SPECIAL[3:]])
    return tokenizer


def _pairs() -> list[tuple[str, str]]:
    consonants = CONSONANTS + "q"
    return [
        (first, vowel)
        for letters in (consonants, consonants.upper())
        for first in letters
        for vowel in VOWELS
    ]
