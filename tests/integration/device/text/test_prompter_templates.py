"""Templates that refuse, move or drop something: all of the conversation is rendered, in order."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from agent_memory.device.text.prompter import Prompter
from agent_memory.prompts.request import PromptRequest
from agent_memory.turns.answer_form import AnswerForm
from agent_memory.turns.messages import Message, Role, Text, ToolResult, ToolSpec, ToolUse
from tests.integration.device.small_tokenizers import HERMES, STRICT, byte_level, write_model_folder

TOOL = ToolSpec(
    "look", "Looks something up", {"type": "object", "properties": {"it": {"type": "string"}}}
)

_MESSAGES = """{%- for message in messages %}
    {%- if message.role == 'system' and not KEEPS_SYSTEM %}
    {%- elif message.tool_calls %}
        {{- '<|im_start|>assistant\\n' + (message.content if KEEPS_TEXT else '') }}
        {%- for call in message.tool_calls %}
            {{- '<tool_call>{"name": "' + call.function.name + '", "arguments": ' }}
            {{- (call.function.arguments | tojson) + '}</tool_call>' }}
            {#- tool_call.name #}
        {%- endfor %}
        {{- '<|im_end|>\\n' }}
    {%- else %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}
"""
_TOOLS = """{%- if tools %}{{- '# Tools\\n' + (tools | tojson) }}{%- endif %}"""
_ALTERNATES = """{%- set ns = namespace(index=0) %}
{%- for message in messages %}
    {%- if message.role == 'user' or message.role == 'assistant' and not message.tool_calls %}
        {%- if (message.role == 'user') != (ns.index % 2 == 0) %}
            {{- raise_exception('roles must alternate, except for calls and results') }}
        {%- endif %}
        {%- set ns.index = ns.index + 1 %}
    {%- endif %}
    {%- if message.role == 'system' and not loop.first %}
        {{- raise_exception('system messages come first') }}
    {%- endif %}
    {%- if message.role == 'assistant' and not message.tool_calls and not message.content %}
        {{- raise_exception('an assistant says something') }}
    {%- endif %}
{%- endfor %}"""
_HOISTS = """{{- '<|im_start|>system\\n' }}
{%- for message in messages if message.role == 'system' %}
    {{- message.content + '\\n\\n' }}
{%- endfor %}
{{- '<|im_end|>\\n' }}"""
_LAST_SYSTEM = """{%- set ns = namespace(system='') %}
{%- for message in messages if message.role == 'system' %}
    {%- set ns.system = message.content %}
{%- endfor %}
{{- '<|im_start|>system\\n' + ns.system + '<|im_end|>\\n' }}"""


def _messages(*, keeps_system: bool = True, keeps_text: bool = True) -> str:
    return _MESSAGES.replace("KEEPS_SYSTEM", str(keeps_system).lower()).replace(
        "KEEPS_TEXT", str(keeps_text).lower()
    )


TEMPLATES = {
    "takes all": _TOOLS + _messages(),
    "alternates": _ALTERNATES + _TOOLS + _messages(),
    "hoists": _TOOLS + _HOISTS + _messages(keeps_system=False),
    "last system": _TOOLS + _LAST_SYSTEM + _messages(keeps_system=False),
    "drops text": _TOOLS + _messages(keeps_text=False),
    "alternates and drops text": _ALTERNATES + _TOOLS + _messages(keeps_text=False),
    "needs a user": "{%- if not messages | selectattr('role', 'equalto', 'user') | list %}"
    "{{- raise_exception('No user query found') }}{%- endif %}" + _TOOLS + _messages(),
    "needs a list of tools": "{%- for tool in tools %}{{- tool | tojson }}{%- endfor %}"
    + _messages(),
    "no tools": STRICT,
    "hermes": HERMES,
}


@pytest.fixture
def make(tmp_path: Path) -> Callable[[str], Prompter]:
    def make_prompter(name: str) -> Prompter:
        return Prompter.load(write_model_folder(tmp_path, byte_level(), TEMPLATES[name]))

    return make_prompter


def says(role: Role, text: str) -> Message:
    return Message(role, (Text(text),))


def user(text: str) -> Message:
    return says(Role.USER, text)


def assistant(text: str) -> Message:
    return says(Role.ASSISTANT, text)


def call(number: int, text: str = "") -> Message:
    texts = (Text(text),) if text else ()
    use = ToolUse(f"call_{number}", "look", f'{{"it": "sought {number}"}}')
    return Message(Role.ASSISTANT, (*texts, use))


def result(number: int, *texts: str) -> Message:
    found = ToolResult(f"call_{number}", f"found {number}")
    return Message(Role.USER, (found, *map(Text, texts)))


def prompt_of(prompter: Prompter, messages: Sequence[Message]) -> tuple[str, str]:
    """(the prompt, the part of it that opens the assistant's turn)."""
    rendered = prompter.render(PromptRequest(tuple(messages), AnswerForm((TOOL,))))
    (tokens,) = rendered.pieces
    return b"".join(map(prompter.token_bytes, tokens)).decode(), rendered.generation_suffix


SYSTEM = says(Role.SYSTEM, "first system")
LATE = says(Role.SYSTEM, "late system")

CONVERSATIONS = {
    "late system": (
        [SYSTEM, user("one"), assistant("two"), LATE, user("three")],
        ["first system", "one", "two", "late system", "three"],
    ),
    "late system at the end": ([SYSTEM, user("one"), LATE], ["first system", "one", "late system"]),
    "late system alone": (
        [user("one"), assistant("two"), LATE, user("three")],
        ["one", "two", "late system", "three"],
    ),
    "late system after a result": (
        [SYSTEM, user("one"), call(1), result(1), LATE, user("three")],
        ["first system", "one", "sought 1", "found 1", "late system", "three"],
    ),
    "two users": ([user("one"), user("two")], ["one", "two"]),
    "two answers": (
        [user("one"), assistant("two"), assistant("three"), user("four")],
        ["one", "two", "three", "four"],
    ),
    "greeting": ([SYSTEM, assistant("hello"), user("one")], ["first system", "hello", "one"]),
    "system alone": ([SYSTEM], ["first system"]),
    "nothing said": ([user(""), assistant(""), user("one")], ["one"]),
    "words after a result": (
        [user("one"), call(1), result(1, "two"), assistant("three"), user("four")],
        ["one", "sought 1", "found 1", "two", "three", "four"],
    ),
    "words after two results": (
        [user("one"), call(1), result(1), call(2), result(2, "two")],
        ["one", "sought 1", "found 1", "sought 2", "found 2", "two"],
    ),
    "denied call": ([user("one"), call(1), user("no")], ["one", "sought 1", "no"]),
    "words beside a call": ([user("one"), call(1, "two"), result(1)], ["one", "two", "found 1"]),
    "words beside a denied call": (
        [user("one"), call(1, "two"), user("no")],
        ["one", "two", "no"],
    ),
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_nothing_is_refused_lost_or_moved(make: Callable[[str], Prompter], name: str) -> None:
    prompter = make(name)
    for which, (messages, texts) in CONVERSATIONS.items():
        prompt, _ = prompt_of(prompter, messages)
        begin = 0
        for text in texts:
            begin = prompt.find(text, begin) + len(text)
            assert begin >= len(text), (which, text)
        assert "Looks something up" in prompt, which


@pytest.mark.parametrize("name", TEMPLATES)
def test_what_is_rendered_stays_when_more_is_said(
    make: Callable[[str], Prompter], name: str
) -> None:
    prompter = make(name)
    messages = [
        SYSTEM,
        user("one"),
        call(1, "two"),
        result(1, "three"),
        assistant("four"),
        LATE,
        user("five"),
        call(2),
        user("six"),
    ]
    whole, _ = prompt_of(prompter, messages)
    for num in (2, 4, 7, 9):
        prompt, suffix = prompt_of(prompter, messages[:num])
        assert whole.startswith(prompt.removesuffix(suffix)), num
