"""Constrained decoding: a grammar says which tokens may come next."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
from llguidance import LLMatcher, LLTokenizer, TokenizerWrapper
from numpy.typing import NDArray

from agent_memory.device.sampling.call_constraint import CallConstraint, allowed_by
from agent_memory.device.sampling.thinking_budget import ThinkingBudget
from agent_memory.device.text.prompter import Prompter
from agent_memory.engine.constraint import TokenConstraint
from agent_memory.engine.request import GenerationRequest
from agent_memory.errors import InvalidRequest, InvariantBroken
from agent_memory.prompts.output_grammar import CallForm, begun_call_grammar, output_grammar
from agent_memory.turns.messages import ToolMode

_NUM_CACHED = 64

_log = logging.getLogger(__name__)


class Constrainer:
    """Makes constraints for one model. Safe for several threads.

    num_logits: the length of the model's logits, which may exceed the vocabulary.
    """

    def __init__(self, prompter: Prompter, num_logits: int) -> None:
        self._prompter = prompter
        self._num_logits = num_logits
        self._tokenizer: LLTokenizer | None = None
        self._compiled: OrderedDict[str, LLMatcher] = OrderedDict()
        self._lock = threading.Lock()

    def new_constraint(self, request: GenerationRequest) -> TokenConstraint | None:
        """A fresh constraint for one choice of the request, at its beginning; None when its
        output is free. Raises InvalidRequest when the form that is asked for cannot be had."""
        form = self._form_constraint(request)
        prompter, budget = self._prompter, request.thinking_budget
        if budget is None or request.thinking is False or not request.parse_output:
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
        grammar = output_grammar(
            request.tools,
            request.tool_choice,
            request.json_schema,
            CallForm(*prompter.call_markers) if prompter.has_json_calls else None,
            is_single_call=not request.parallel_tool_calls,
        )
        answer: TokenConstraint | None
        if grammar is None:
            answer = self._call_constraint(request)
        else:
            answer = _AnswerConstraint(self._matcher(grammar), self._num_logits)
        markers = prompter.think_markers
        if answer is None or markers is None or not request.parse_output:
            return answer
        is_thinking = prompter.starts_in_thinking(request.prompt_tokens)
        opening = prompter.encode(markers[0])
        may_think = not is_thinking and request.thinking is not False and len(opening) == 1
        return _ThinkingConstraint(
            answer,
            prompter,
            is_thinking=is_thinking,
            opening=opening[0] if may_think else None,
        )

    def _call_constraint(self, request: GenerationRequest) -> TokenConstraint | None:
        """For the calls that a model makes of its own accord, where their form is known."""
        prompter = self._prompter
        start, end = prompter.call_markers
        may_call = request.parse_output and request.tool_choice.mode is ToolMode.AUTO
        if not (may_call and request.tools and prompter.has_json_calls and end):
            return None
        grammar = begun_call_grammar(request.tools, CallForm(start, end))
        try:
            matcher = self._matcher(grammar)
        except InvalidRequest as error:
            _log.info("calls are not constrained", extra={"reason": str(error)})
            return None
        return CallConstraint(matcher, start.encode(), prompter.token_bytes, self._num_logits)

    def _matcher(self, grammar: str) -> LLMatcher:
        with self._lock:
            known = self._compiled.get(grammar)
            if known is None:
                known = self._compile(grammar)
                self._compiled[grammar] = known
                while len(self._compiled) > _NUM_CACHED:
                    self._compiled.popitem(last=False)
            self._compiled.move_to_end(grammar)
            return known.deep_copy()

    def _compile(self, grammar: str) -> LLMatcher:
        if self._tokenizer is None:
            self._tokenizer = _ll_tokenizer(self._prompter)
        is_error, messages = LLMatcher.validate_grammar_with_warnings(grammar, self._tokenizer)
        matcher = None if is_error else LLMatcher(self._tokenizer, grammar, log_level=0)
        if matcher is None or matcher.is_error():
            reason = messages[0] if matcher is None else matcher.get_error()
            raise InvalidRequest(
                f"This schema cannot be used to constrain the output: {_first_line(reason)}",
                "response_format",
            )
        return matcher


class _AnswerConstraint:
    """Follows the grammar from the first token on."""

    def __init__(self, matcher: LLMatcher, num_logits: int) -> None:
        self._matcher = matcher
        self._num_logits = num_logits

    @property
    def stepwise_from(self) -> int:
        return 0

    @property
    def is_finished(self) -> bool:
        return bool(self._matcher.is_stopped())

    @property
    def is_free(self) -> bool:
        return False

    def allowed(self) -> NDArray[np.bool_]:
        return allowed_by(self._matcher, self._num_logits)

    def advance(self, token_id: int) -> None:
        if not self._matcher.consume_token(token_id):
            raise InvariantBroken(f"token {token_id} was drawn, which the grammar does not allow")


class _ThinkingConstraint:
    """Leaves the model free while it thinks; what the answer must obey begins behind that."""

    def __init__(
        self,
        answer: TokenConstraint,
        prompter: Prompter,
        *,
        is_thinking: bool,
        opening: int | None,
    ) -> None:
        markers = prompter.think_markers
        self._end = b"" if markers is None else markers[1].encode()
        self._answer = answer
        self._prompter = prompter
        self._is_thinking = is_thinking
        self._opening = opening
        self._tail = b""

    @property
    def stepwise_from(self) -> int | None:
        return self._answer.stepwise_from

    @property
    def is_finished(self) -> bool:
        return not self._is_thinking and self._answer.is_finished

    @property
    def is_free(self) -> bool:
        return self._is_thinking or self._answer.is_free

    def allowed(self) -> NDArray[np.bool_] | None:
        if self._is_thinking:
            return None
        mask = self._answer.allowed()
        if mask is not None and self._opening is not None:
            mask[self._opening] = True
        return mask

    def advance(self, token_id: int) -> None:
        if self._is_thinking:
            self._think(token_id)
            return
        opening, self._opening = self._opening, None
        if token_id == opening:
            self._is_thinking = True
        else:
            self._answer.advance(token_id)

    def _think(self, token_id: int) -> None:
        tail = self._tail + self._prompter.token_bytes(token_id)
        self._is_thinking = self._end not in tail
        self._tail = tail[-len(self._end) :]


class _TokenTable:
    """The tokenizer as llguidance asks for it: bytes by id."""

    def __init__(self, prompter: Prompter) -> None:
        self._prompter = prompter
        markers = {id_ for text in prompter.call_markers for id_ in prompter.encode(text)}
        self.tokens = [prompter.token_bytes(at) for at in range(prompter.vocab_size)]
        self.special_token_ids = sorted(prompter.special_token_ids - markers)
        self.eos_token_id = min(prompter.eos_token_ids)
        self.bos_token_id = None

    def __call__(self, text: bytes | str) -> Sequence[int]:
        decoded = text if isinstance(text, str) else text.decode("utf-8", "replace")
        return list(self._prompter.encode(decoded))


def _ll_tokenizer(prompter: Prompter) -> LLTokenizer:
    if not prompter.vocabulary.has_bytes or not prompter.eos_token_ids:
        raise InvalidRequest(
            "The output of this model cannot be constrained: its tokens do not stand for bytes.",
            "response_format",
        )
    table = TokenizerWrapper(_TokenTable(prompter))
    return LLTokenizer(table, eos_token=sorted(prompter.eos_token_ids))


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else "the grammar is not valid"
