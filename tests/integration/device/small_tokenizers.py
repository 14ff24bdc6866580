"""Tokenizers trained on a few sentences, with chat templates of the kinds that models have."""

import json
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

SENTENCES = (
    "The quick brown fox jumps over the lazy dog.",
    "You are a helpful assistant. What is the weather in Paris today?",
    '{"name": "get_weather", "arguments": {"city": "Paris", "unit": "celsius"}}',
    "Let me think about it. The answer is forty-two, naïve as it may sound. こんにちは 🙂",
)
CHATML_SPECIALS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
MARKERS = ("<think>", "</think>", "<tool_call>", "</tool_call>")

HERMES_TOOLS = """{%- if tools %}
    {{- '<|im_start|>system\\n' }}
    {%- if messages[0].role == 'system' %}
        {{- messages[0].content + '\\n\\n' }}
    {%- endif %}
    {{- "# Tools\\n<tools>" }}
    {%- for tool in tools %}
        {{- "\\n" + (tool | tojson) }}
    {%- endfor %}
    {{- "\\n</tools><|im_end|>\\n" }}
{%- elif messages[0].role == 'system' %}
    {{- '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}
{%- endif %}
"""

HERMES_CALLS = """
        {%- for tool_call in message.tool_calls or [] %}
            {%- set tool_call = tool_call.function %}
            {{- '\\n<tool_call>\\n{"name": "' + tool_call.name + '", "arguments": ' }}
            {{- tool_call.arguments | tojson }}
            {{- '}\\n</tool_call>' }}
        {%- endfor %}
        {{- '<|im_end|>\\n' }}
"""

HERMES = (
    HERMES_TOOLS
    + """{%- for message in messages %}
    {%- if message.role == 'assistant' %}
        {{- '<|im_start|>assistant\\n' + message.content }}"""
    + HERMES_CALLS
    + """    {%- elif message.role == 'tool' %}
        {{- '<|im_start|>user\\n<tool_response>\\n' + message.content + '\\n</tool_response>' }}
        {{- '<|im_end|>\\n' }}
    {%- elif not (message.role == 'system' and loop.first) %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}
"""
)

# Thinking is stripped from answers before the last question, an empty block stands for "do not
# think", and answers after the last question are given a block of their own.
THINKING = (
    HERMES_TOOLS
    + """{%- set ns = namespace(last=0) %}
{%- for message in messages %}
    {%- if message.role == 'user' %}{%- set ns.last = loop.index0 %}{%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if message.role == 'assistant' %}
        {%- set content = message.content.split('</think>')[-1].lstrip('\\n') %}
        {{- '<|im_start|>assistant\\n' }}
        {%- if loop.index0 > ns.last %}
            {{- '<think>\\n' + (message.reasoning_content or '') + '\\n</think>\\n\\n' }}
        {%- endif %}
        {{- content }}"""
    + HERMES_CALLS
    + """    {%- elif message.role == 'tool' %}
        {{- '<|im_start|>user\\n<tool_response>\\n' + message.content + '\\n</tool_response>' }}
        {{- '<|im_end|>\\n' }}
    {%- elif not (message.role == 'system' and loop.first) %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\\n\\n</think>\\n\\n' }}
    {%- endif %}
{%- endif %}
"""
)

# As THINKING, but the prompt itself opens the thinking.
OPENED_THINKING = THINKING.replace(
    "{{- '<|im_start|>assistant\\n' }}\n    {%- if enable_thinking is defined",
    "{{- '<|im_start|>assistant\\n<think>\\n' }}\n    {%- if enable_thinking is defined",
)

# No system role, roles must alternate, no tools.
STRICT = """{{- bos_token }}
{%- for message in messages %}
    {%- if (message.role == 'user') != (loop.index0 % 2 == 0) %}
        {{- raise_exception('Conversation roles must alternate') }}
    {%- endif %}
    {%- set role = 'model' if message.role == 'assistant' else message.role %}
    {{- '<|im_start|>' + role + '\\n' + (message.content | trim) + '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>model\\n' }}
{%- endif %}
"""

# Nothing opens the assistant's turn, but its history begins with a space; ids have nine characters
# and a call ends with the output.
BRACKETS = """{{- bos_token }}
{%- for message in messages %}
    {%- if message.role == 'user' %}
        {%- if tools and loop.last %}{{- '[TOOLS]' + (tools | tojson) + '[/TOOLS]' }}{%- endif %}
        {{- '[INST] ' + message.content + ' [/INST]' }}
    {%- elif message.tool_calls %}
        {{- '[TOOL_CALLS] [' }}
        {%- for call in message.tool_calls %}
            {%- if call.id | length != 9 %}{{- raise_exception('ids have nine characters') }}
            {%- endif %}
            {{- ', ' if not loop.first else '' }}{{- call.function | tojson }}
        {%- endfor %}
        {{- ']<|im_end|>' }}
    {%- elif message.role == 'tool' %}
        {{- '[TOOL_RESULTS] ' + message.content + '[/TOOL_RESULTS]' }}
        {%- if tools %}{{- '[TOOLS]' + (tools | tojson) + '[/TOOLS]' }}{%- endif %}
    {%- elif message.role == 'assistant' %}
        {{- ' ' + message.content + '<|im_end|>' }}
    {%- else %}
        {{- raise_exception('Only user and assistant roles are supported!') }}
    {%- endif %}
{%- endfor %}
"""


def byte_level(extra: tuple[str, ...] = MARKERS) -> Tokenizer:
    """Byte-level BPE with ChatML specials; `extra` are added tokens that are not special."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=420,
        show_progress=False,
        special_tokens=list(CHATML_SPECIALS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(SENTENCES * 4, trainer)
    tokenizer.add_tokens(list(extra))
    return tokenizer


def sentencepiece() -> Tokenizer:
    """BPE over characters with byte fallback and U+2581 for spaces, as SentencePiece makes it."""
    vocabulary = ["<unk>", *CHATML_SPECIALS, *(f"<0x{byte:02X}>" for byte in range(256)), "▁"]
    letters = sorted({char for text in SENTENCES[:2] for char in text if char != " "})
    merges = [("▁", "T"), ("h", "e"), ("▁T", "he")]
    words = [*letters, *(a + b for a, b in merges)]
    table = {word: at for at, word in enumerate([*vocabulary, *words])}
    tokenizer = Tokenizer(models.BPE(table, merges, unk_token="<unk>", byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    tokenizer.add_special_tokens(list(CHATML_SPECIALS))
    return tokenizer


def word_pieces() -> Tokenizer:
    """A tokenizer whose tokens have no bytes of their own."""
    words = sorted({word.strip(".?") for text in SENTENCES[:2] for word in text.split()})
    table = {word: at for at, word in enumerate(["[UNK]", *CHATML_SPECIALS, *words, "##s", "."])}
    tokenizer = Tokenizer(models.WordPiece(table, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.decoder = decoders.WordPiece(prefix="##")
    tokenizer.add_special_tokens(list(CHATML_SPECIALS))
    return tokenizer


def write_model_folder(folder: Path, tokenizer: Tokenizer, template: str | None) -> Path:
    """A model's folder without weights, as `Prompter.load` takes it."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    config: dict[str, object] = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": "<|endoftext|>",
        "eos_token": "<|im_end|>",
        "clean_up_tokenization_spaces": False,
    }
    if template is not None:
        config["chat_template"] = template
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    eos = tokenizer.token_to_id("<|im_end|>")
    (folder / "config.json").write_text(json.dumps({"model_type": "llama", "eos_token_id": eos}))
    return folder
