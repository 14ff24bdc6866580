"""Constrained decoding: a grammar says which tokens may come next."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from agent_memory.device.sampling.call_constraint import CallConstraint
from agent_memory.device.sampling.grammar_match import CompiledGrammar, GrammarMatch
from agent_memory.device.sampling.grammars import Grammars
from agent_memory.device.sampling.harmony import HarmonyCallConstraint, HeaderWatch, NoRecipient
from agent_memory.device.sampling.least_tokens import LeastTokens
from agent_memory.device.sampling.no_call import CallBan, NoCall
from agent_memory.device.sampling.text_grammar import text_form
from agent_memory.device.sampling.thinking_budget import ThinkingBudget
from agent_memory.device.text.prompter import Prompter
from agent_memory.device.text.think_marks import ThinkingWatch
from agent_memory.engine.constraint import Diversion, TokenConstraint
from agent_memory.engine.request import GenerationRequest
from agent_memory.errors import InvalidRequest, InvariantBroken
from agent_memory.prompts.harmony.grammar import (
    RECIPIENT,
    begun_recipient_grammar,
    harmony_grammar,
)
from agent_memory.prompts.output_grammar import begun_call_grammar, output_grammar
from agent_memory.turns.messages import ToolMode, ToolSpec

log = logging.getLogger(__name__)


class Constrainer:
    """Makes constraints for one model. Safe for several threads.

    num_logits: the length of the model's logits, which may exceed the vocabulary.
    """

    def __init__(self, prompter: Prompter, num_logits: int) -> None:
        self._prompter = prompter
        self._num_logits = num_logits
        self._grammars = Grammars(prompter)
        start, _ = prompter.call_markers
        self._call_ban = CallBan(start, prompter, num_logits) if start else None

    def new_constraint(self, request: GenerationRequest) -> TokenConstraint | None:
        """A fresh constraint for one choice of the request, at its beginning; None when its
        output is free. Raises InvalidRequest when the form that is asked for cannot be had."""
        constraint = self._thinking_constraint(request)
        least = request.sampling.min_tokens
        if not least:
            return constraint
        return LeastTokens(self._prompter, least, self._num_logits, constraint)

    def _thinking_constraint(self, request: GenerationRequest) -> TokenConstraint | None:
        form = self._form_constraint(request)
        prompter, budget = self._prompter, request.form.thinking_budget
        if budget is None or request.form.thinking is False or not request.form.parse:
            return form
        if prompter.think_markers is None:
            return form
        return ThinkingBudget(
            prompter,
            budget,
            self._num_logits,
            form,
            is_thinking=prompter.starts_in_thinking(request.prompt_tokens),
        )

    def _form_constraint(self, request: GenerationRequest) -> TokenConstraint | None:
        prompter = self._prompter
        if prompter.harmony is not None and request.form.parse:
            return self._harmony_constraint(request)
        form = prompter.call_grammar
        grammar = self._grammars.compiled(
            request,
            lambda tools: output_grammar(
                tools,
                request.form.tool_choice,
                request.form.json_schema,
                form,
                text_form=text_form(request.form),
                is_single_call=not request.form.parallel_tool_calls,
            ),
        )
        answer: TokenConstraint | None
        if grammar is None and self._call_ban is not None and _are_calls_forbidden(request):
            return NoCall(self._call_ban)
        if grammar is None:
            answer = self._call_constraint(request)
        else:
            answer = _AnswerConstraint(GrammarMatch(grammar, self._num_logits))
        markers = prompter.think_markers
        if answer is None or markers is None or not request.form.parse:
            return answer
        watch = ThinkingWatch(
            prompter.vocabulary,
            markers,
            is_thinking=prompter.starts_in_thinking(request.prompt_tokens),
            may_begin=request.form.thinking is not False,
        )
        return _ThinkingConstraint(
            answer, watch, _Ends.of(prompter, self._num_logits), is_owed=grammar is not None
        )

    def _harmony_constraint(self, request: GenerationRequest) -> TokenConstraint | None:
        form, prompt = request.form, request.prompt_tokens
        _, is_open = self._prompter.opened(prompt)
        grammar = self._grammars.compiled(
            request,
            lambda tools: harmony_grammar(
                tools,
                form.tool_choice,
                form.json_schema,
                text_form=text_form(form),
                is_open=is_open,
            ),
        )
        if grammar is not None:
            return _AnswerConstraint(GrammarMatch(grammar, self._num_logits))
        if not form.tools:
            return None
        watch = HeaderWatch(self._prompter, prompt)
        if not form.callable_tools:
            return NoRecipient(self._recipient_ban, watch)
        grammar = self._begun_grammar(request, begun_recipient_grammar)
        if grammar is None:
            return None
        return HarmonyCallConstraint(grammar, RECIPIENT.encode(), watch, self._num_logits)

    @cached_property
    def _recipient_ban(self) -> CallBan:
        return CallBan("to=", self._prompter, self._num_logits)

    def _begun_grammar(
        self, request: GenerationRequest, build: Callable[[Sequence[ToolSpec]], str]
    ) -> CompiledGrammar | None:
        """Of a call that the model makes of its own accord; None where there is none."""
        try:
            return self._grammars.compiled(
                request, lambda tools: build(request.form.tool_choice.callable_of(tools))
            )
        except InvalidRequest as error:
            log.info("calls are not constrained", extra={"reason": str(error)})
            return None

    def _call_constraint(self, request: GenerationRequest) -> TokenConstraint | None:
        """For the calls that a model makes of its own accord, where their form is known."""
        prompter = self._prompter
        _, end = prompter.call_markers
        form = prompter.call_grammar
        may_call = request.form.parse and request.form.tool_choice.mode is ToolMode.AUTO
        if form is None or not (may_call and request.form.callable_tools and form.escapes_text):
            return None
        if prompter.has_json_calls and not end:
            return None
        is_single = not request.form.parallel_tool_calls
        grammar = self._begun_grammar(
            request, lambda tools: begun_call_grammar(tools, form, is_single=is_single)
        )
        if grammar is None:
            return None
        return CallConstraint(grammar, form.start.encode(), prompter.token_bytes, self._num_logits)


def _are_calls_forbidden(request: GenerationRequest) -> bool:
    form = request.form
    return form.parse and bool(form.tools) and not form.callable_tools


class _AnswerConstraint:
    """Follows the grammar from the first token on."""

    def __init__(self, match: GrammarMatch) -> None:
        self._match = match

    @property
    def stepwise_from(self) -> int:
        return 0

    @property
    def is_finished(self) -> bool:
        return self._match.is_finished

    @property
    def is_free(self) -> bool:
        return False

    @property
    def diversion(self) -> None:
        return None

    def allowed(self) -> NDArray[np.bool_] | None:
        return self._match.allowed()

    def advance(self, token_id: int) -> None:
        if not self._match.advance(token_id):
            raise InvariantBroken(f"token {token_id} was drawn, which the grammar does not allow")


@dataclass(frozen=True, slots=True)
class _Ends:
    """Tokens that end turns, and that begin and end thinking where its marks are single tokens."""

    num_logits: int
    turn: Sequence[int]
    opening: int | None
    closing: int | None

    @classmethod
    def of(cls, prompter: Prompter, num_logits: int) -> Self:
        marks = [prompter.encode(mark) for mark in prompter.think_markers or ("", "")]
        opening, closing = (mark[0] if len(mark) == 1 else None for mark in marks)
        return cls(num_logits, sorted(prompter.eos_token_ids), opening, closing)


class _ThinkingConstraint:
    """Leaves the model free while it thinks; what the answer must obey begins after that.

    is_owed: there must be an answer. A model that would end its turn amid its thinking ends the
    thinking instead.
    """

    def __init__(
        self, answer: TokenConstraint, watch: ThinkingWatch, ends: _Ends, *, is_owed: bool
    ) -> None:
        self._answer = answer
        self._watch = watch
        self._ends = ends
        self._is_owed = is_owed
        self._unended = np.ones(ends.num_logits, np.bool_)
        self._unended[list(ends.turn)] = False

    @property
    def stepwise_from(self) -> int | None:
        return self._answer.stepwise_from

    @property
    def is_finished(self) -> bool:
        return not self._watch.is_thinking and self._answer.is_finished

    @property
    def is_free(self) -> bool:
        return not self._is_owed and (self._watch.is_thinking or self._answer.is_free)

    @property
    def diversion(self) -> Diversion | None:
        closing = self._ends.closing
        if not (self._is_owed and self._watch.is_thinking) or closing is None:
            return None
        return Diversion(self._ends.turn, closing)

    def allowed(self) -> NDArray[np.bool_] | None:
        if not self._watch.is_thinking:
            mask = self._answer.allowed()
            if mask is not None and self._watch.is_blank and self._ends.opening is not None:
                mask[self._ends.opening] = True
            return mask
        return self._unended if self._is_owed else None

    def advance(self, token_id: int) -> None:
        was_thinking = self._watch.is_thinking
        self._watch.advance(token_id)
        if not (was_thinking or self._watch.is_thinking):
            self._answer.advance(token_id)
