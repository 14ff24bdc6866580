"""Which form a model's calls of tools have, and mlx-lm's parsers for the forms that are not read
here."""

from collections.abc import Callable, Sequence

from mlx_lm.tokenizer_utils import TokenizerWrapper
from mlx_lm.tool_parsers import json_tools

from agent_memory.prompts.call_forms.families import form_of_parser, form_of_template
from agent_memory.prompts.call_forms.grammar import CallGrammar
from agent_memory.prompts.call_forms.json_grammars import EnclosedGrammar
from agent_memory.prompts.call_forms.reader import CallForm
from agent_memory.prompts.calls import ParseCall, ParsedCall, calls_from_value

_PARSER_ERRORS = (ValueError, TypeError, LookupError, AttributeError, SyntaxError, RecursionError)


def writes_json_calls(tokenizer: TokenizerWrapper) -> bool:
    """Whether the model writes `{"name": …, "arguments": …}` between its markers."""
    return tokenizer.tool_parser is json_tools.parse_tool_call


def call_form(tokenizer: TokenizerWrapper) -> CallForm | None:
    """The form of the family that mlx-lm takes the model for, if its calls are read here."""
    module = getattr(tokenizer.tool_parser, "__module__", "")
    return form_of_parser(module.rpartition(".")[2], str(tokenizer.chat_template))


def call_grammar(tokenizer: TokenizerWrapper, form: CallForm | None) -> CallGrammar | None:
    """The grammar of the calls that the model writes; None where none holds them."""
    start, end = tokenizer.tool_call_start, tokenizer.tool_call_end or ""
    if writes_json_calls(tokenizer):
        return EnclosedGrammar(start, end)
    return None if form is None else form.grammar


def fallback_form(tokenizer: TokenizerWrapper) -> CallForm | None:
    """The form in which a model may write calls although it was told of its tools in plain text:
    its template has a form that mlx-lm does not know."""
    template = tokenizer.chat_template
    return form_of_template(template) if isinstance(template, str) else None


def parse_calls_with(
    parser: Callable[[str, object], object], tools: list[dict[str, object]]
) -> ParseCall:
    """mlx-lm's parser as the output parser takes it: whatever it raises is a ValueError."""

    def parse(body: str) -> Sequence[ParsedCall]:
        try:
            return calls_from_value(parser(body, tools))
        except _PARSER_ERRORS as error:
            raise ValueError(str(error)) from error

    return parse
