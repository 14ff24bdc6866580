"""A model folder's chat template: one that transformers does not look for, and whether it works."""

import json
from collections.abc import Sequence
from pathlib import Path

from jinja2.exceptions import TemplateError
from mlx_lm.tokenizer_utils import TokenizerWrapper

_SYSTEM = {"role": "system", "content": "Sq7"}
_USER = {"role": "user", "content": "Uq7"}
_ASSISTANT = {"role": "assistant", "content": "Aq7"}


def processor_template(folder: Path) -> object | None:
    """The template in `chat_template.json`, where repositories of models that also see keep it: a
    text, or a list of named ones; None without such a file. Raises `ValueError` or `OSError`."""
    try:
        content = json.loads((folder / "chat_template.json").read_bytes())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise ValueError(f"chat_template.json is not valid JSON: {error}") from error
    template = content.get("chat_template") if isinstance(content, dict) else content
    if not isinstance(template, str | list):
        raise ValueError("chat_template.json holds no chat_template")
    return template


def template_fault(tokenizer: TokenizerWrapper) -> str | None:
    """Why no conversation can be had with the tokenizer's template; None when one can, and when
    there is no template.

    A template may insist on a system message, or on a list of tools, which may be empty; and it may
    refuse answers in the history by saying so.
    """
    if not tokenizer.has_chat_template:
        return None
    tools = tools_where_none_are(tokenizer)
    error = _refusal(tokenizer, [_USER], tools)
    if error is not None and _refusal(tokenizer, [_SYSTEM, _USER], tools) is not None:
        return f"cannot render a user's message ({_told(error)})"
    error = _refusal(tokenizer, [_USER, _ASSISTANT, _USER], tools)
    if error is not None and type(error) is not TemplateError:
        return f"cannot render a conversation ({_told(error)})"
    return None


def tools_where_none_are(tokenizer: TokenizerWrapper) -> list[dict[str, object]] | None:
    """The tools that a template is given where a request has none: a list if it refuses a
    conversation without one and takes it with an empty one."""
    for messages in ([_USER], [_SYSTEM, _USER], [_USER, _ASSISTANT, _USER]):
        insists = _refusal(tokenizer, messages, None) is not None
        if insists and _refusal(tokenizer, messages, []) is None:
            return []
    return None


def _refusal(
    tokenizer: TokenizerWrapper,
    messages: Sequence[object],
    tools: list[dict[str, object]] | None,
) -> Exception | None:
    try:
        prompt = tokenizer.apply_chat_template(
            list(messages), tools=tools, tokenize=False, add_generation_prompt=True
        )
    except Exception as error:  # noqa: BLE001  templates are programs and fail in ways of their own
        return error
    if "Uq7" not in str(prompt):
        return TemplateError("it leaves out what the user says")
    return None


def _told(error: Exception) -> str:
    kind = type(error)
    first_line = str(error).strip().partition("\n")[0]
    return first_line if kind is TemplateError else f"{kind.__name__}: {first_line}"
