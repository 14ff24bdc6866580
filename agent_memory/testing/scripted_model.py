"""A model folder whose weights say given texts, token by token.

It is a real llama of one layer with a real tokenizer, so that whatever a model may write can be
tested from the request to the response. Most heads of its attention each read one of the tokens
before the last one, the nearest and some far ones; the last head reads the last script's name in
the prompt. A neuron for each token of each script knows which token comes next. Where none does,
the script begins: so it starts after any prompt.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

__all__ = ["CHATML", "MARKS", "Script", "make_scripted_folder"]

Script = str | Sequence[str]
"""What is said: a text, a byte a token, or the texts of its tokens one by one. A mark or a special
token is one token in both. An end of turn amid a script ends the turn where the model may end it;
where it may not, the script goes on after it."""

CHATML = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
MARKS = ("<think>", "</think>", "<tool_call>", "</tool_call>")

_BYTES = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
_FAR = (1, 2, 3, 5, 9, 20, 48)
"""So far before the last token stand those that are read with it."""
_CODE, _NUM_BEFORE = 64, len(_FAR)
_LAST, _BEFORE, _SCRIPT = 0, _CODE, _CODE * (_NUM_BEFORE + 1)
_ALWAYS, _IS_NAME, _IS_OTHER = range(_SCRIPT + _CODE, _SCRIPT + _CODE + 3)
_NEXT = _SCRIPT + 2 * _CODE
_HEADS, _PAIRS = _NUM_BEFORE + 1, _CODE // 2
_ROPE_BASE = 10_000.0
_CLOSE, _LATEST, _FIRES, _LOUD = 300.0, 3e5, 200.0, 5.0
_MATCH = 0.35
"""How much of one token a neuron's key may lack; codes of different tokens agree in less."""


@dataclass(frozen=True, slots=True)
class _Step:
    """`script` says `token` after `before`, or `otherwise` where it may not.

    before: the last token and those far before it, as many as the script has said by then.
    """

    script: int
    before: tuple[int, ...]
    token: int
    otherwise: int | None = None


class _Vocabulary:
    """Token ids by name, those of bytes first; pieces are added as scripts need them."""

    def __init__(self, added: Sequence[str], atoms: Sequence[str]) -> None:
        """added: tokens of their own, `atoms` (those that scripts do not cut) among them."""
        names = [*added, *sorted(pre_tokenizers.ByteLevel.alphabet())]
        self.ids = {name: at for at, name in enumerate(names)}
        longest_first = sorted(atoms, key=len, reverse=True)
        self._atoms = re.compile(f"({'|'.join(map(re.escape, longest_first))})")

    def tokens(self, script: Script) -> list[int]:
        """A text in the tokens that the tokenizer would cut it into, or those that are given."""
        if not isinstance(script, str):
            return [self._id(text) for text in script]
        parts = filter(None, self._atoms.split(script))
        return [at for part in parts for at in self._cut(part)]

    def _cut(self, part: str) -> list[int]:
        if self._atoms.fullmatch(part):
            return [self.ids[part]]
        return [self.ids[byte] for byte in _byte_names(part)]

    def _id(self, text: str) -> int:
        if self._atoms.fullmatch(text):
            return self.ids[text]
        return self.ids.setdefault(_byte_names(text), len(self.ids))


def make_scripted_folder(
    folder: Path,
    scripts: Mapping[str, Script],
    template: str,
    *,
    specials: Sequence[str] = CHATML,
    marks: Sequence[str] = MARKS,
    eos: str = "<|im_end|>",
    context_window: int = 4096,
) -> Path:
    """Write a whole model into `folder`; it says `scripts[name]` after a prompt whose last name of
    a script is that one. Without any name it ends its turn at once.

    template: the chat template, in Jinja. marks: texts that are one token and no special one.
    Raises ValueError for a script that says the same too often to know where it is.
    """
    added = (*specials, *marks, *scripts)
    vocabulary = _Vocabulary(added, (*specials, *marks))
    steps = [
        step
        for name, script in scripts.items()
        for step in _steps(vocabulary, vocabulary.ids[name], script, vocabulary.ids[eos])
    ]
    folder.mkdir(parents=True, exist_ok=True)
    ids = vocabulary.ids
    _tokenizer(ids, specials, (*marks, *scripts)).save(str(folder / "tokenizer.json"))
    weights = _weights(len(ids), steps, [ids[name] for name in scripts], ids[eos])
    arrays = {name: mx.array(weight) for name, weight in weights.items()}
    mx.save_safetensors(str(folder / "model.safetensors"), arrays, {"format": "mlx"})
    _write_json(
        folder / "config.json",
        {
            "model_type": "llama",
            "hidden_size": weights["model.norm.weight"].shape[0],
            "intermediate_size": len(steps),
            "num_attention_heads": _HEADS,
            "num_key_value_heads": 1,
            "head_dim": _CODE,
            "num_hidden_layers": 1,
            "rms_norm_eps": 1e-6,
            "vocab_size": weights["lm_head.weight"].shape[0],
            "max_position_embeddings": context_window,
            "tie_word_embeddings": False,
            "rope_theta": _ROPE_BASE,
            "eos_token_id": ids[eos],
        },
    )
    _write_json(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": specials[0],
            "eos_token": eos,
            "clean_up_tokenization_spaces": False,
        },
    )
    (folder / "chat_template.jinja").write_text(template)
    return folder


def _steps(vocabulary: _Vocabulary, name: int, script: Script, eos: int) -> list[_Step]:
    """The script as steps that know by the tokens before them where they are."""
    steps = list(_walk(name, [*vocabulary.tokens(script), eos], eos))
    known = {step.before: step for step in steps}
    if any(known[step.before] != step for step in steps):
        raise ValueError(f"this script repeats itself too often: {script!r}")
    return list(known.values())


def _walk(name: int, tokens: Sequence[int], eos: int) -> Iterator[_Step]:
    said: list[int] = []
    is_end_due = False
    for token in tokens:
        before = _before(said)
        if token == eos and is_end_due:
            continue
        if token != eos:
            yield _Step(name, before, eos, token) if is_end_due else _Step(name, before, token)
            said.append(token)
        is_end_due = token == eos
    yield _Step(name, _before(said), eos)


def _before(said: Sequence[int]) -> tuple[int, ...]:
    return tuple(said[-distance - 1] for distance in (0, *_FAR) if distance < len(said))


def _weights(
    num_tokens: int, steps: Sequence[_Step], names: Sequence[int], eos: int
) -> dict[str, NDArray[np.float32]]:
    num_logits = -(-num_tokens // 64) * 64
    width = _NEXT + num_logits
    codes = np.random.default_rng(0).choice([-1.0, 1.0], (num_logits, _CODE)) / _CODE**0.5
    embedding = np.zeros((num_logits, width))
    embedding[:, :_CODE] = codes
    embedding[:, _ALWAYS] = embedding[:, _IS_OTHER] = 1
    embedding[names, _IS_NAME], embedding[names, _IS_OTHER] = 1, 0
    head = np.zeros((num_logits, width))
    head[:, _NEXT:] = np.eye(num_logits) * _LOUD
    head[eos, _ALWAYS] = 0.3 * _LOUD
    layer = "model.layers.0."
    weights = {
        "model.embed_tokens.weight": embedding,
        "lm_head.weight": head,
        "model.norm.weight": np.ones(width),
        f"{layer}input_layernorm.weight": np.ones(width),
        f"{layer}post_attention_layernorm.weight": np.ones(width),
        **{f"{layer}self_attn.{key}": value for key, value in _attention(width).items()},
        **{f"{layer}mlp.{key}": value for key, value in _neurons(steps, codes, width).items()},
    }
    return {name: weight.astype(np.float32) for name, weight in weights.items()}


def _attention(width: int) -> dict[str, NDArray[np.float64]]:
    """Heads that copy the codes of the tokens before the last one, and of the last name.

    A query that is turned back by `distance` positions meets, in the quick pairs of the rotary
    embedding, the key that stands so far before it; in the slowest pair names count the more the
    nearer they are.
    """
    scale = (3 / width) ** 0.5  # what the norm before the attention multiplies by, undone
    angles = _ROPE_BASE ** (-np.arange(_PAIRS) / _PAIRS)
    quick, slow = np.arange(_PAIRS // 2), _PAIRS - 1
    query = np.zeros((_HEADS, _CODE, width))
    for head, distance in enumerate(_FAR):
        query[head, quick, _ALWAYS] = np.cos(distance * angles[quick]) * _CLOSE
        query[head, _PAIRS + quick, _ALWAYS] = -np.sin(distance * angles[quick]) * _CLOSE
    query[-1, [slow, _PAIRS + slow], _ALWAYS] = 0.5**0.5 * _LATEST
    key = np.zeros((_CODE, width))
    key[quick, _ALWAYS] = key[slow, _IS_NAME] = 1
    value = np.zeros((_CODE, width))
    value[:, _LAST : _LAST + _CODE] = np.eye(_CODE)
    out = np.zeros((width, _HEADS * _CODE))
    out[_BEFORE : _BEFORE + _HEADS * _CODE] = np.eye(_HEADS * _CODE)
    return {
        "q_proj.weight": query.reshape(-1, width) * scale,
        "k_proj.weight": key * scale,
        "v_proj.weight": value * scale,
        "o_proj.weight": out,
    }


def _neurons(
    steps: Sequence[_Step], codes: NDArray[np.float64], width: int
) -> dict[str, NDArray[np.float64]]:
    """One for each step. Who knows more of what came before is louder than all who know less."""
    scale = ((_HEADS + 3) / width) ** 0.5
    gate = np.zeros((len(steps), width))
    up = np.zeros((len(steps), width))
    down = np.zeros((width, len(steps)))
    for at, step in enumerate(steps):
        gate[at, _SCRIPT : _SCRIPT + _CODE] = codes[step.script]
        for slot, token in enumerate(step.before):
            gate[at, slot * _CODE : (slot + 1) * _CODE] = codes[token]
        gate[at, _ALWAYS] = _MATCH - len(step.before) - 1
        up[at, _ALWAYS] = 1 / (_MATCH * _FIRES)
        loudness = 2.0 ** len(step.before)
        down[_NEXT + step.token, at] = loudness
        if step.otherwise is not None:
            down[_NEXT + step.otherwise, at] = 0.75 * loudness
    return {
        "gate_proj.weight": gate * _FIRES * scale,
        "up_proj.weight": up * scale,
        "down_proj.weight": down,
    }


def _tokenizer(ids: Mapping[str, int], specials: Sequence[str], added: Sequence[str]) -> Tokenizer:
    """Bytes, specials, marks and names. Pieces are tokens too, but no text is cut into them: what
    stands in a prompt is read byte by byte."""
    tokenizer = Tokenizer(models.BPE(vocab=dict(ids), merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(text, special=True) for text in specials])
    tokenizer.add_tokens([AddedToken(text, normalized=False) for text in added])
    return tokenizer


def _byte_names(text: str) -> str:
    """A letter for each byte, as byte-level vocabularies write them."""
    return "".join(name for name, _ in _BYTES.pre_tokenize_str(text))


def _write_json(path: Path, content: Mapping[str, object]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n")
