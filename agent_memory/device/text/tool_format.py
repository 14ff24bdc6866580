"""Calls of tools in a model's own format, read with mlx-lm's parsers."""

from collections.abc import Callable, Sequence

from mlx_lm.tokenizer_utils import TokenizerWrapper
from mlx_lm.tool_parsers import json_tools

from agent_memory.prompts.calls import ParseCall, ParsedCall, calls_from_value

_PARSER_ERRORS = (ValueError, TypeError, LookupError, AttributeError, SyntaxError, RecursionError)


def writes_json_calls(tokenizer: TokenizerWrapper) -> bool:
    """Whether the model writes `{"name": …, "arguments": …}` between its markers."""
    return tokenizer.tool_parser is json_tools.parse_tool_call


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
