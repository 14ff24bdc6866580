"""The grammars of one model's requests, compiled and kept."""

import json
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from llguidance import LLMatcher, LLParserLimits, LLTokenizer

from agent_memory.device.sampling.grammar_match import CompiledGrammar, first_line
from agent_memory.device.sampling.grammar_tokens import ll_tokenizer
from agent_memory.device.sampling.schema_fault import SchemaFault, in_short, schema_fault
from agent_memory.device.text.prompter import Prompter
from agent_memory.engine.request import GenerationRequest
from agent_memory.errors import InvalidRequest
from agent_memory.prompts.endless_schema import endless_part
from agent_memory.turns.messages import ToolMode, ToolSpec

_NUM_KEPT = 64
_MAX_BRANCHES = 20_000
"""llguidance's own bound, 2,000, is met by an object of a few hundred optional properties. The
bounds on its lexer stay: without them one pattern can keep a core busy for minutes."""
_NUM_TRIES = 64
_NUM_LOCATED = 4
_REFUSED = "This schema cannot be used to constrain the output"
_NO_GRAMMAR = "The grammar cannot be used to constrain the output"
_ENDLESS = "it refers to itself without an end"

log = logging.getLogger(__name__)

Build = Callable[[Sequence[ToolSpec]], str | None]
"""A request's grammar for these tools; None when its output is free."""


class Grammars:
    """Compiles a grammar once for all requests that have it. Safe for several threads."""

    def __init__(self, prompter: Prompter) -> None:
        self._prompter = prompter
        self._made_tokenizer: LLTokenizer | None = None
        self._kept: OrderedDict[str, CompiledGrammar | InvalidRequest] = OrderedDict()
        self._lock = threading.Lock()

    def compiled(self, request: GenerationRequest, build: Build) -> CompiledGrammar | None:
        """The grammar that `build` makes of the request's tools. A tool of several whose schema no
        grammar holds is held to its name and to JSON alone. Raises `InvalidRequest`, which names
        the schema and the place in it, when what is asked for cannot be had."""
        grammar = build(request.form.tools)
        if grammar is None:
            return None
        with self._lock:
            kept = self._kept.get(grammar)
        if kept is None:
            # Not under the lock: it may take a second, and other rows are decoding.
            kept = self._compile_for(request, grammar, build)
        with self._lock:
            kept = self._kept.setdefault(grammar, kept)
            self._kept.move_to_end(grammar)
            while len(self._kept) > _NUM_KEPT:
                self._kept.popitem(last=False)
        if isinstance(kept, InvalidRequest):
            raise InvalidRequest(kept.message, kept.param)
        return kept

    def _compile_for(
        self, request: GenerationRequest, grammar: str, build: Build
    ) -> CompiledGrammar | InvalidRequest:
        param = _param_of(request)
        try:
            refusal = _ENDLESS if _is_endless(request) else self._refusal(grammar)
            if refusal is None:
                return self._new_grammar(grammar, param)
            easier = build(self._loosened(request, refusal)) or ""
            if (refusal := self._refusal(easier)) is not None:
                raise InvalidRequest(f"{_REFUSED}: {refusal}", param)
            return self._new_grammar(easier, param)
        except InvalidRequest as error:
            return error

    def _loosened(self, request: GenerationRequest, refusal: str) -> Sequence[ToolSpec]:
        """The tools, without the schemas that no grammar holds. Raises `InvalidRequest` when it is
        not for one of several tools that the grammar was refused."""
        schema = _answer_schema(request)
        if schema is not None and (fault := schema_fault(schema, {}, self._refusal, _NUM_TRIES)):
            raise InvalidRequest(f"{_REFUSED}, {fault}", "response_format")
        faults = self._faults(request.form.callable_tools)
        if not faults:
            param = _param_of(request)
            is_grammar = param == "guided_grammar"
            raise InvalidRequest(f"{_NO_GRAMMAR if is_grammar else _REFUSED}: {refusal}", param)
        if schema is None and all(tool.name in faults for tool in request.form.callable_tools):
            name, fault = next(iter(faults.items()))
            raise InvalidRequest(
                f"Calls of the tool '{name}' cannot be held to its schema, {fault}", "tools"
            )
        for name, fault in faults.items():
            log.info("a tool's arguments are not held", extra={"tool": name, "why": str(fault)})
        return [
            replace(tool, parameters={}) if tool.name in faults else tool
            for tool in request.form.tools
        ]

    def _faults(self, tools: Sequence[ToolSpec]) -> dict[str, SchemaFault]:
        """Those of each tool's schema. Where exactly is found out for the first few alone."""
        faults: dict[str, SchemaFault] = {}
        for tool in tools:
            num_tries = _NUM_TRIES if len(faults) < _NUM_LOCATED else 0
            fault = schema_fault(_parameters(tool), {"lenient": True}, self._refusal, num_tries)
            if fault is not None:
                faults[tool.name] = fault
        return faults

    @property
    def _tokenizer(self) -> LLTokenizer:
        if self._made_tokenizer is None:
            self._made_tokenizer = ll_tokenizer(self._prompter)
        return self._made_tokenizer

    def _refusal(self, grammar: str) -> str | None:
        """Why llguidance does not take a grammar."""
        is_error, messages = LLMatcher.validate_grammar_with_warnings(grammar, self._tokenizer)
        return in_short(messages[0]) if is_error else None

    def _new_grammar(self, grammar: str, param: str) -> CompiledGrammar:
        limits = LLParserLimits(max_items_in_row=_MAX_BRANCHES, verbose_errors=False)

        def compile_() -> LLMatcher:
            return LLMatcher(self._tokenizer, grammar, log_level=0, limits=limits)

        compiled = CompiledGrammar(compile_, param)
        matcher = compiled.new_matcher()
        matcher.compute_bitmask()
        if matcher.is_error():
            raise InvalidRequest(f"{_REFUSED}: {first_line(matcher.get_error())}", param)
        return compiled


def _param_of(request: GenerationRequest) -> str:
    """The field that demands the form."""
    if request.form.text_grammar is not None:
        return "guided_grammar"
    is_answer = _answer_schema(request) is not None or request.form.text_form is not None
    return "response_format" if is_answer else "tools"


def _answer_schema(request: GenerationRequest) -> Mapping[str, object] | None:
    """The schema of an answer that is no call, where there may be one."""
    must_call = request.form.tool_choice.mode in {ToolMode.REQUIRED, ToolMode.NAMED}
    if request.form.json_schema is None or must_call:
        return None
    schema: Mapping[str, object] = json.loads(request.form.json_schema)
    return schema


def _parameters(tool: ToolSpec) -> Mapping[str, object]:
    return {"type": "object", **tool.parameters}


def _is_endless(request: GenerationRequest) -> bool:
    answer = _answer_schema(request)
    schemas = [_parameters(tool) for tool in request.form.callable_tools]
    return any(
        endless_part(schema) is not None
        for schema in (*schemas, *(() if answer is None else (answer,)))
    )
