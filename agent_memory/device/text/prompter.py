"""The engine's tokenizer: prompts into tokens, generated tokens into words."""

import hashlib
import json
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from mlx_lm.tokenizer_utils import TokenizerWrapper
from mlx_lm.utils import load_config, load_tokenizer

from agent_memory.device.text.chat_template import ChatTemplate
from agent_memory.device.text.output import Output
from agent_memory.device.text.piece_cache import PieceCache
from agent_memory.device.text.prompt_text import prompt_text
from agent_memory.device.text.tool_format import parse_calls_with, writes_json_calls
from agent_memory.device.text.vocabulary import Vocabulary
from agent_memory.engine.request import GenerationRequest
from agent_memory.errors import InvalidRequest, ModelNotUsable
from agent_memory.ids import new_id
from agent_memory.prompts.calls import parse_json_calls
from agent_memory.prompts.output import OutputFormat, OutputParser
from agent_memory.prompts.request import PromptRequest, RenderedPrompt
from agent_memory.prompts.template_messages import template_tools
from agent_memory.prompts.tool_text import CALL_END, CALL_START
from agent_memory.turns.messages import ToolChoice, ToolMode, ToolSpec

_CACHED_CHARS = 8_000_000
_THINK_TAIL = 16


def fresh_call_id() -> str:
    """An id for a call to which the model gave none."""
    return new_id("call")


class Prompter:
    """Everything that is known of a model without its weights.

    `render` and `count` may be called from any thread; each Output belongs to one thread.
    """

    def __init__(self, tokenizer: TokenizerWrapper) -> None:
        self._tokenizer = tokenizer
        self._template = ChatTemplate(tokenizer)
        self._vocabulary = Vocabulary(tokenizer)
        self._lock = threading.Lock()
        encode = partial(tokenizer.encode, add_special_tokens=False, verbose=False)
        self._pieces = PieceCache(encode, _CACHED_CHARS)

    @classmethod
    def load(cls, folder: Path) -> "Prompter":
        """Read the tokenizer of a model in a folder. Raises ModelNotUsable."""
        if not folder.is_dir():
            raise ModelNotUsable(str(folder), "there is no such folder")
        try:
            config = load_config(folder)
            tokenizer = load_tokenizer(folder, eos_token_ids=config.get("eos_token_id"))
        except (OSError, ValueError, LookupError, TypeError, ImportError, AttributeError) as error:
            raise ModelNotUsable(str(folder), f"its tokenizer cannot be read ({error})") from error
        return cls(tokenizer)

    @property
    def has_tools(self) -> bool:
        """Whether the model's own template and a parser of its calls are there. Other models are
        told of tools in plain text."""
        return self._template.abilities.has_tools

    @property
    def has_thinking(self) -> bool:
        return bool(self._tokenizer.has_thinking)

    @property
    def has_json_calls(self) -> bool:
        """Whether a call is `{"name": …, "arguments": {…}}` between markers."""
        return not self.has_tools or writes_json_calls(self._tokenizer)

    @property
    def call_markers(self) -> tuple[str, str]:
        """What stands around a call; the second is empty where a call extends to the end."""
        if not self.has_tools:
            return CALL_START, CALL_END
        return self._tokenizer.tool_call_start, self._tokenizer.tool_call_end or ""

    @property
    def eos_token_ids(self) -> frozenset[int]:
        """The tokens that end a turn."""
        return frozenset(self._tokenizer.eos_token_ids)

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
        return frozenset(self._tokenizer.all_special_ids) | self.eos_token_ids

    @property
    def think_markers(self) -> tuple[str, str] | None:
        """What stands around thinking, if the model thinks."""
        if not self.has_thinking:
            return None
        return self._tokenizer.think_start, self._tokenizer.think_end

    def encode(self, text: str) -> tuple[int, ...]:
        """The tokens of a piece of text, nothing added."""
        with self._lock:
            return self._pieces.tokens(text)

    def tokenizer_json(self) -> str | None:
        """The tokenizer in the form of `tokenizer.json`, for those who count; None where it has no
        such form."""
        backend = getattr(self._tokenizer, "backend_tokenizer", None)
        return None if backend is None else str(backend.to_str())

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
            with self._lock:
                tokens = tuple(self._tokenizer.encode(request.raw_prompt, verbose=False))
            return RenderedPrompt((tokens,), (), "")
        if not request.messages:
            raise InvalidRequest("There are no messages.", "messages")
        text = prompt_text(self._template, request)
        with self._lock:
            pieces = tuple(self._pieces.tokens(piece) for piece in text.pieces)
        return RenderedPrompt(pieces, text.spliced, text.generation_suffix)

    def count(self, request: PromptRequest) -> int:
        """The number of prompt tokens, those of splices not counted."""
        return sum(len(piece) for piece in self.render(request).pieces)

    def starts_in_thinking(self, prompt_tokens: Sequence[int]) -> bool:
        """Whether the prompt itself has opened the model's thinking."""
        start = self._tokenizer.think_start
        if start is None:
            return False
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
        stops: Sequence[str] = (),
        new_call_id: Callable[[], str] = fresh_call_id,
    ) -> Output:
        """A fresh reader of what choice `index` generates after `prompt_tokens`.

        `parse = False` gives all of it as text, markers included; stop strings always count.
        """
        is_calling = parse and bool(tools) and tool_choice.mode is not ToolMode.NONE
        parser = OutputParser(
            self._format(is_calling=is_calling) if parse else OutputFormat(),
            index=index,
            parse_call=parse_json_calls
            if self.has_json_calls
            else parse_calls_with(self._tokenizer.tool_parser, template_tools(tools)),
            new_call_id=new_call_id,
            stops=stops,
            is_single_call=not parallel_tool_calls,
            starts_in_thinking=parse and self.starts_in_thinking(prompt_tokens),
        )
        return Output(self._vocabulary, parser, is_chat=parse)

    def new_text(self, request: GenerationRequest, choice: int) -> Output:
        """A fresh reader of what one choice of `request` says."""
        return self.new_output(
            index=choice,
            prompt_tokens=request.prompt_tokens,
            tools=request.tools,
            tool_choice=request.tool_choice,
            parallel_tool_calls=request.parallel_tool_calls,
            parse=request.parse_output,
            stops=request.sampling.stop,
        )

    def _format(self, *, is_calling: bool) -> OutputFormat:
        start, end = self.call_markers
        return OutputFormat(
            think_start=self._tokenizer.think_start,
            think_end=self._tokenizer.think_end,
            call_start=start if is_calling else None,
            call_end=end if is_calling else None,
            has_json_calls=is_calling and self.has_json_calls,
            dropped=tuple(self._tokenizer.structural_markers),
        )
