"""Which of a tokenizer's added tokens are control tokens, and which are only words."""

import ast
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mlx_lm.tokenizer_utils import TokenizerWrapper

from agent_memory.prompts.control_marks import ControlMarks

_DELIMITERS = frozenset("<>[]{}|\uff5c")
_EDIT = re.compile(
    r"\b(?:replace|split|rsplit|partition|rpartition)\s*\(\s*('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")?"
)
_HTML = re.compile(
    r"</?(?:a|b|blockquote|br|caption|code|div|em|h[1-6]|hr|i|li|ol|p|pre|span|strong|sub|sup"
    r"|table|tbody|td|tfoot|th|thead|tr|u|ul)>"
)


@dataclass(frozen=True, slots=True)
class ControlTokens:
    """The control tokens of one model.

    ids: by their texts. words: the ids of the added tokens that ordinary text is made of.
    eats_before, eats_after: control tokens that swallow the blanks before or after them.
    """

    ids: dict[str, int]
    words: dict[str, int]
    eats_before: frozenset[str]
    eats_after: frozenset[str]
    marks: ControlMarks

    @classmethod
    def of(cls, tokenizer: TokenizerWrapper) -> "ControlTokens":
        """Read them from a tokenizer.

        Special tokens are control tokens. So are other added tokens (`<think>`, `<tool_call>`),
        because the template and the readers of the model's output go by them. Left as words are
        those that the template does not name and that are runs of blanks, have no delimiters, or
        are tags of HTML: some tokenizers write ordinary text with them.
        """
        named = "\n".join([str(tokenizer.chat_template), *_markers(tokenizer)])
        added = {
            str(token.content): (int(token_id), token)
            for token_id, token in tokenizer.added_tokens_decoder.items()
        }
        special = {*tokenizer.all_special_ids, *tokenizer.eos_token_ids}
        control = {
            text
            for text, (token_id, token) in added.items()
            if len(text) > 1 and (token.special or token_id in special or not _is_word(text, named))
        }
        return cls(
            ids={text: added[text][0] for text in control},
            words={text: token_id for text, (token_id, _) in added.items() if text not in control},
            eats_before=frozenset(text for text in control if added[text][1].lstrip),
            eats_after=frozenset(text for text in control if added[text][1].rstrip),
            marks=ControlMarks(
                control,
                _edits(tokenizer.chat_template),
                _normalised_marks(
                    tokenizer, [text for text in control if added[text][1].normalized]
                ),
            ),
        )

    def left_out_of(self, tokenizer_json: str) -> str:
        """A `tokenizer.json` without the control tokens."""
        content = json.loads(tokenizer_json)
        added = content.get("added_tokens", [])
        content["added_tokens"] = [token for token in added if token["content"] not in self.ids]
        return json.dumps(content, ensure_ascii=False)


def _markers(tokenizer: TokenizerWrapper) -> list[str]:
    known = (
        tokenizer.think_start,
        tokenizer.think_end,
        tokenizer.tool_call_start,
        tokenizer.tool_call_end,
        *tokenizer.structural_markers,
    )
    return [marker for marker in known if marker]


def _edits(template: object) -> frozenset[str]:
    """What the template replaces in texts or splits them at; the empty text, which is in all,
    where it does so with something that is not written in it, or is no text itself."""
    match template:
        case str():
            edits = [edit[1] for edit in _EDIT.finditer(template)]
            return frozenset(str(ast.literal_eval(edit)) if edit else "" for edit in edits)
        case Mapping():
            return frozenset().union(*map(_edits, template.values()))
        case _:
            return frozenset([""])


def _is_word(text: str, named: str) -> bool:
    if not text.replace("▁", " ").strip():
        return True
    return text not in named and (_DELIMITERS.isdisjoint(text) or bool(_HTML.fullmatch(text)))


def _normalised_marks(
    tokenizer: TokenizerWrapper, marks: list[str]
) -> Callable[[str], bool] | None:
    """Whether a text has one of `marks` in it after the tokenizer's normaliser; None where it has
    no normaliser, or looks for these marks before it."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    normalizer = None if backend is None else backend.normalizer
    if normalizer is None or not marks:
        return None
    normalised = ControlMarks(map(normalizer.normalize_str, marks))
    return lambda text: any(normalised.spans(normalizer.normalize_str(text)))
