"""The engine's tokenizer: prompts into tokens, generated tokens into words."""

import hashlib
import json
import threading
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

from mlx_lm.tokenizer_utils import TokenizerWrapper
from mlx_lm.utils import load_config, load_tokenizer

from agent_memory.device.text.chat_template import ChatTemplate
from agent_memory.device.text.control_tokens import ControlTokens
from agent_memory.device.text.harmony_template import HarmonyTemplate
from agent_memory.device.text.harmony_tokens import HarmonyTokens
from agent_memory.device.text.output import Output
from agent_memory.device.text.piece_cache import PieceCache
from agent_memory.device.text.prompt_text import prompt_text
from agent_memory.device.text.template_files import processor_template, template_fault
from agent_memory.device.text.text_encoder import TextEncoder
from agent_memory.device.text.think_marks import think_marks
from agent_memory.device.text.tool_format import (
    call_form,
    call_grammar,
    fallback_form,
    parse_calls_with,
    writes_json_calls,
)
from agent_memory.device.text.vocabulary import Vocabulary
from agent_memory.engine.request import GenerationRequest
from agent_memory.errors import InvalidRequest, InvariantBroken, ModelNotUsable
from agent_memory.prompts.call_forms.grammar import CallGrammar
from agent_memory.prompts.call_forms.json_grammars import EnclosedGrammar
from agent_memory.prompts.call_ids import CallIds, fresh_call_id
from agent_memory.prompts.calls import parse_json_calls
from agent_memory.prompts.harmony.header import Header
from agent_memory.prompts.harmony.marks import END, THINKING
from agent_memory.prompts.harmony.output import HarmonyOutput
from agent_memory.prompts.output import OutputParser
from agent_memory.prompts.output_format import OutputFormat
from agent_memory.prompts.request import PromptRequest, RenderedPrompt
from agent_memory.prompts.template_messages import template_tools
from agent_memory.prompts.template_notes import template_notes
from agent_memory.prompts.template_probe import TOOL
from agent_memory.prompts.tool_text import CALL_END, CALL_START
from agent_memory.turns.answer_form import AnswerForm
from agent_memory.turns.events import ToolCallDelta, ToolCallStarted
from agent_memory.turns.messages import (
    Message,
    Role,
    Text,
    ToolChoice,
    ToolResult,
    ToolSpec,
    ToolUse,
)

_CACHED_CHARS = 8_000_000
_THINK_TAIL = 16


class Prompter:
    """Everything that is known of a model without its weights.

    `render` and `count` may be called from any thread; each Output belongs to one thread.
    """

    def __init__(self, tokenizer: TokenizerWrapper) -> None:
        self._tokenizer = tokenizer
        self._control = ControlTokens.of(tokenizer)
        self.harmony = HarmonyTokens.of(tokenizer)
        """Of a model that speaks harmony; None for all others."""
        template = ChatTemplate if self.harmony is None else HarmonyTemplate
        self._template = template(tokenizer, self._control.marks)
        self._vocabulary = Vocabulary(tokenizer)
        is_harmony = self.harmony is not None
        self._think_marks = (THINKING, END) if is_harmony else think_marks(tokenizer)
        self._lock = threading.Lock()
        self._pieces = PieceCache(TextEncoder(tokenizer, self._control).encode, _CACHED_CHARS)
        self._call_form = call_form(tokenizer)
        if self.has_tools and not self._reads_calls():
            self._template.write_tools_in_words()
        if self._call_form is None and not self.has_tools:
            self._call_form = fallback_form(tokenizer)

    def _reads_calls(self) -> bool:
        """Whether a call that the template renders is read back."""
        use = ToolUse("call_q7", TOOL.name, '{"pq7":"vq7"}')
        said = Message(Role.USER, (Text("Uq7"),))
        result = Message(Role.TOOL, (ToolResult(use.id, "Rq7"),))
        asked, called = (
            self.render(PromptRequest(messages, AnswerForm((TOOL,)))).pieces[0]
            for messages in ((said,), (said, Message(Role.ASSISTANT, (use,)), result))
        )
        text = self._text_of(called).partition("Rq7")[0].rpartition("Uq7")[2]
        output = self.new_output(index=0, prompt_tokens=asked[-1:], tools=(TOOL,), thinking=False)
        deltas = (*output.push(self.encode(text))[0], *output.finish())
        names = [delta.name for delta in deltas if isinstance(delta, ToolCallStarted)]
        arguments = "".join(d.arguments for d in deltas if isinstance(d, ToolCallDelta))
        return names == [TOOL.name] and arguments == use.arguments

    @classmethod
    def load(cls, folder: Path) -> "Prompter":
        """Read the tokenizer of a model in a folder. Raises ModelNotUsable."""
        if not folder.is_dir():
            raise ModelNotUsable(str(folder), "there is no such folder")
        try:
            tokenizer = _load_tokenizer(folder)
        except (OSError, ValueError, LookupError, TypeError, ImportError, AttributeError) as error:
            raise ModelNotUsable(str(folder), f"its tokenizer cannot be read ({error})") from error
        if (fault := template_fault(tokenizer)) is not None:
            raise ModelNotUsable(str(folder), f"its chat template {fault}")
        return cls(tokenizer)

    @property
    def has_tools(self) -> bool:
        """Whether the model's own template and a parser of its calls are there. Other models are
        told of tools in plain text."""
        return self._template.abilities.has_tools

    @property
    def template_notes(self) -> tuple[str, ...]:
        """What the chat template cannot take as it comes, a sentence each."""
        if not self._template.exists:
            return ("The model has no chat template: only /v1/completions works.",)
        return template_notes(self._template.abilities)

    @property
    def has_thinking(self) -> bool:
        return self._think_marks is not None

    @property
    def has_json_calls(self) -> bool:
        """Whether a call is `{"name": …, "arguments": {…}}` between markers."""
        return not self.has_tools or writes_json_calls(self._tokenizer)

    @property
    def call_markers(self) -> tuple[str, str]:
        """What stands around a call; the second is empty where a call extends to the end."""
        if not self.has_tools:
            return CALL_START, CALL_END
        return self._tokenizer.tool_call_start or "", self._tokenizer.tool_call_end or ""

    @cached_property
    def call_grammar(self) -> CallGrammar | None:
        """The grammar of the calls that the model writes; None where none holds them."""
        if not self.has_tools:
            return EnclosedGrammar(CALL_START, CALL_END)
        return call_grammar(self._tokenizer, self._call_form)

    @property
    def eos_token_ids(self) -> frozenset[int]:
        """The tokens that end a turn."""
        told = frozenset(self._tokenizer.eos_token_ids)
        return told if self.harmony is None else self.harmony.turn_ends(told)

    @property
    def vocab_size(self) -> int:
        """Tokens of the tokenizer; the model's logits may have more, for padding."""
        return len(self._vocabulary)

    def token_bytes(self, token_id: int) -> bytes:
        return self._vocabulary.token_bytes(token_id)

    def token_text(self, token_id: int) -> str:
        return self._vocabulary.token_text(token_id)

    @property
    def vocabulary(self) -> Vocabulary:
        return self._vocabulary

    @property
    def special_token_ids(self) -> frozenset[int]:
        """Tokens that are not text: ends of turns, roles, padding."""
        marks = frozenset() if self.harmony is None else frozenset(self.harmony.marks)
        return frozenset(self._tokenizer.all_special_ids) | self.eos_token_ids | marks

    @property
    def think_markers(self) -> tuple[str, str] | None:
        """What stands around thinking, if the model thinks."""
        return self._think_marks

    @property
    def _end_mark(self) -> int | None:
        """The token that ends thinking, if one does."""
        if self._think_marks is None or not self._vocabulary.has_bytes:
            return None
        tokens = self.encode(self._think_marks[1])
        return tokens[0] if len(tokens) == 1 else None

    def encode(self, text: str) -> tuple[int, ...]:
        """The tokens of a piece of text of ours, nothing added; it may spell control tokens."""
        with self._lock:
            return self._pieces.tokens((text,))

    def tokenizer_json(self) -> str | None:
        """The tokenizer in the form of `tokenizer.json`, without its control tokens, for those who
        count words; None where it has no such form."""
        backend = getattr(self._tokenizer, "backend_tokenizer", None)
        return None if backend is None else self._control.left_out_of(backend.to_str())

    def fingerprint(self) -> str:
        """SHA-256 in hex of the vocabulary, how text is cut into it, and the template."""
        tokenizer = self._tokenizer
        backend = getattr(tokenizer, "backend_tokenizer", None)
        known = {
            "vocabulary": sorted(tokenizer.get_vocab().items()) if backend is None else "",
            "tokenizer": "" if backend is None else backend.to_str(),
            "template": str(tokenizer.chat_template),
            "specials": {key: str(value) for key, value in tokenizer.special_tokens_map.items()},
            "eos": sorted(tokenizer.eos_token_ids),
        }
        return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()

    def render(self, request: PromptRequest) -> RenderedPrompt:
        """The prompt in token ids, cut where recorded tokens go in.

        Raises InvalidRequest when the model cannot take such a conversation.
        """
        if request.raw_prompt is not None:
            return RenderedPrompt((self._raw_tokens(request.raw_prompt),), (), "")
        if not request.messages:
            raise InvalidRequest("There are no messages.", "messages")
        text = prompt_text(self._template, request)
        with self._lock:
            pieces = tuple(self._pieces.tokens(piece) for piece in text.pieces)
            prefill = self._pieces.tokens(text.prefill) if request.prefill else ()
        return RenderedPrompt(pieces, text.spliced, text.generation_suffix, prefill)

    def _raw_tokens(self, prompt: str | tuple[int, ...]) -> tuple[int, ...]:
        if isinstance(prompt, str):
            with self._lock:
                return tuple(self._tokenizer.encode(prompt, verbose=False))
        if (odd := next((at for at in prompt if at >= self.vocab_size), None)) is not None:
            raise InvalidRequest(
                f"The prompt has the token {odd}, but the model's tokens end with "
                f"{self.vocab_size - 1}.",
                "prompt",
            )
        return prompt

    def count(self, request: PromptRequest) -> int:
        """The number of prompt tokens, those of splices not counted."""
        return sum(len(piece) for piece in self.render(request).pieces)

    def opened(self, prompt_tokens: Sequence[int]) -> tuple[Header, bool]:
        """What the prompt has opened of the turn, of a model that speaks harmony: a header, and
        whether its text has begun."""
        if self.harmony is None:
            raise InvariantBroken("the model does not speak harmony")
        return self.harmony.opened(prompt_tokens, self._text_of)

    def _text_of(self, tokens: Sequence[int]) -> str:
        return b"".join(map(self._vocabulary.token_bytes, tokens)).decode("utf-8", "replace")

    def starts_in_thinking(self, prompt_tokens: Sequence[int]) -> bool:
        """Whether the prompt itself has opened the model's thinking."""
        if self._think_marks is None:
            return False
        start, _ = self._think_marks
        tail = b"".join(map(self._vocabulary.token_bytes, prompt_tokens[-_THINK_TAIL:]))
        return tail.rstrip().endswith(start.encode())

    def new_output(
        self,
        *,
        index: int,
        prompt_tokens: Sequence[int],
        tools: Sequence[ToolSpec] = (),
        tool_choice: ToolChoice = ToolChoice(),  # noqa: B008  frozen value
        parallel_tool_calls: bool = True,
        parse: bool = True,
        thinking: bool | None = None,
        stops: Sequence[str] = (),
        new_call_id: Callable[[], str] = fresh_call_id,
    ) -> Output:
        """A fresh reader of what choice `index` generates after `prompt_tokens`.

        `parse = False` gives all of it as text, markers included; stop strings always count.
        thinking: as in the request of the prompt. Where it is off, a mark of thinking is text.
        """
        tools = tool_choice.callable_of(tools)
        is_calling = parse and bool(tools)
        if parse and self.harmony is not None:
            header, is_open = self.opened(prompt_tokens)
            spoken = HarmonyOutput(
                index=index,
                new_call_id=new_call_id,
                tools=tools,
                stops=stops,
                is_single_call=not parallel_tool_calls,
                header=header,
                is_open=is_open,
            )
            return Output(self._vocabulary, spoken, is_chat=True, marks=self.harmony.marks)
        may_think = thinking is not False or not self._template.can_turn_thinking_off
        starts_in_thinking = parse and self.starts_in_thinking(prompt_tokens)
        parser = OutputParser(
            self._format(is_calling=is_calling, may_think=may_think or starts_in_thinking)
            if parse
            else OutputFormat(),
            index=index,
            parse_call=parse_json_calls
            if self.has_json_calls
            else parse_calls_with(self._tokenizer.tool_parser, template_tools(tools)),
            new_call_id=new_call_id,
            tools=tools,
            stops=stops,
            is_single_call=not parallel_tool_calls,
            starts_in_thinking=starts_in_thinking,
        )
        end_mark = self._end_mark if parse and (may_think or starts_in_thinking) else None
        marks = {} if end_mark is None else {end_mark: (self._think_marks or ("", ""))[1]}
        return Output(self._vocabulary, parser, is_chat=parse, marks=marks)

    def new_text(self, request: GenerationRequest, choice: int) -> Output:
        """A fresh reader of what one choice of `request` says."""
        return self.new_output(
            index=choice,
            prompt_tokens=request.prompt_tokens,
            tools=request.form.tools,
            tool_choice=request.form.tool_choice,
            parallel_tool_calls=request.form.parallel_tool_calls,
            parse=request.form.parse,
            thinking=request.form.thinking,
            stops=request.sampling.stop,
            new_call_id=CallIds(request.origin, choice) if request.origin else fresh_call_id,
        )

    def _format(self, *, is_calling: bool, may_think: bool) -> OutputFormat:
        has_marks = is_calling and (self.has_json_calls or self._call_form is None)
        start, end = self.call_markers if has_marks else (None, None)
        think_start, think_end = (may_think and self._think_marks) or (None, None)
        return OutputFormat(
            think_start=think_start,
            think_end=think_end,
            call_start=start,
            call_end=end,
            has_json_calls=is_calling and self.has_json_calls,
            call_form=self._call_form if is_calling else None,
            ends_thinking_by_token=self._end_mark is not None,
            dropped=tuple(self._tokenizer.structural_markers),
        )


def _load_tokenizer(folder: Path) -> TokenizerWrapper:
    eos_token_ids = load_config(folder).get("eos_token_id")
    tokenizer = load_tokenizer(folder, eos_token_ids=eos_token_ids)
    if tokenizer.has_chat_template or (template := processor_template(folder)) is None:
        return tokenizer
    return load_tokenizer(folder, {"chat_template": template}, eos_token_ids=eos_token_ids)
