"""The forms of calls that are read here."""

from collections.abc import Mapping

from agent_memory.prompts.call_forms.gemma4 import FUNCTION_GEMMA, GEMMA4
from agent_memory.prompts.call_forms.json_blocks import (
    APERTUS,
    APRIEL,
    COHERE,
    FUNCTIONARY,
    GIGACHAT,
    NEMOTRON_V2,
    SOLAR,
)
from agent_memory.prompts.call_forms.json_families import (
    DEEPSEEK,
    KIMI_K2,
    LLAMA3,
    MISTRAL,
    MISTRAL_LIST,
    DeepSeek,
)
from agent_memory.prompts.call_forms.pythonic import PYTHONIC, PYTHONIC_VERBATIM
from agent_memory.prompts.call_forms.reader import CallForm
from agent_memory.prompts.call_forms.tagged_families import (
    DEEPSEEK_V4,
    DEEPSEEK_V32,
    GLM,
    KIMI_K3,
    LONGCAT,
    MINICPM,
    MINIMAX,
    MUSE,
    QWEN_XML,
    SEED,
)

FORMS: Mapping[str, CallForm] = {
    "function_gemma": FUNCTION_GEMMA,
    "gemma4": GEMMA4,
    "glm47": GLM,
    "kimi_k2": KIMI_K2,
    "kimi_k3": KIMI_K3,
    "laguna": GLM,
    "longcat": LONGCAT,
    "minicpm5": MINICPM,
    "minimax_m2": MINIMAX,
    "mistral": MISTRAL,
    "muse_spark": MUSE,
    "pythonic": PYTHONIC,
    "qwen3_coder": QWEN_XML,
}
"""By the name of mlx-lm's parser of the family."""

_BARE_QUOTES = '"\'" + arg_value + "\'"'
_TEMPLATE_MARKS = (
    ("<seed:tool_call>", SEED),
    ("\n\n<' + dsml_token + 'tool_calls>", DEEPSEEK_V4),
    ("DSML\uff5c", DEEPSEEK_V32),
    (DeepSeek.start, DEEPSEEK),
    ("<function=' + tool_call['function']['name']", FUNCTIONARY),
    ("<|python_tag|>", LLAMA3),
    ('\'{"name": "\' + tool_call.name', LLAMA3),
    ("<TOOLCALL>[", NEMOTRON_V2),
    ("<tool_calls>", APRIEL),
    ("<|START_ACTION|>", COHERE),
    ("<|function_call|>", GIGACHAT),
    ("<|tools_prefix|>", APERTUS),
    ("<|tool_call:begin|>", SOLAR),
)


def form_of_parser(name: str, template: str) -> CallForm | None:
    """The form that mlx-lm's parser of this name reads, as the template writes it."""
    form = FORMS.get(name)
    if form is PYTHONIC and _BARE_QUOTES in template:
        return PYTHONIC_VERBATIM
    return MISTRAL_LIST if form is MISTRAL and "[ARGS]" not in template else form


def form_of_template(template: str) -> CallForm | None:
    """The form whose marks a chat template renders, of those that mlx-lm does not know."""
    return next((form for mark, form in _TEMPLATE_MARKS if mark in template), None)
