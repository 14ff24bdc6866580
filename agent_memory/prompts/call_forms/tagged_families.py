"""Families that write the arguments of a call between tags."""

from agent_memory.prompts.call_forms.reader import CallForm
from agent_memory.prompts.call_forms.tagged import tagged_form
from agent_memory.prompts.call_forms.tags import Tags

QWEN_XML = tagged_form(
    Tags(
        block=("<tool_call>", "</tool_call>"),
        name=("<function=", ">"),
        call_end="</function>",
        key=("<parameter=", (">",)),
        value=("", "</parameter>"),
        frame="\n",
    )
)
"""Qwen3-Coder, Qwen3.5, Nemotron 3, Step 3.5."""

SEED = tagged_form(
    Tags(
        block=("<seed:tool_call>", "</seed:tool_call>"),
        name=("<function=", ">"),
        call_end="</function>",
        key=("<parameter=", (">",)),
        value=("", "</parameter>"),
    )
)

GLM = tagged_form(
    Tags(
        block=("<tool_call>", "</tool_call>"),
        name=("", ""),
        call_end="",
        key=("<arg_key>", ("</arg_key>",)),
        value=("<arg_value>", "</arg_value>"),
    )
)
"""GLM 4.5 to 5, Laguna, Ling 3."""

LONGCAT = tagged_form(
    Tags(
        block=("<longcat_tool_call>", "</longcat_tool_call>"),
        name=("", ""),
        call_end="",
        key=("<longcat_arg_key>", ("</longcat_arg_key>",)),
        value=("<longcat_arg_value>", "</longcat_arg_value>"),
    )
)

MINIMAX = tagged_form(
    Tags(
        block=("<minimax:tool_call>", "</minimax:tool_call>"),
        name=('<invoke name="', '">'),
        call_end="</invoke>",
        key=('<parameter name="', ('">',)),
        value=("", "</parameter>"),
    )
)


def _dsml(block: str) -> CallForm:
    opening, closing = (f"<{bar}\uff5cDSML\uff5c" for bar in ("", "/"))
    return tagged_form(
        Tags(
            block=(f"{opening}{block}>", f"{closing}{block}>"),
            name=(f'{opening}invoke name="', '">'),
            call_end=f"{closing}invoke>",
            key=(f'{opening}parameter name="', ('" string="true">', '" string="false">', '">')),
            value=("", f"{closing}parameter>"),
        )
    )


DEEPSEEK_V32 = _dsml("function_calls")
DEEPSEEK_V4 = _dsml("tool_calls")

MINICPM = tagged_form(
    Tags(
        block=('<function name="', "</function>"),
        name=("", '">'),
        call_end="",
        key=('<param name="', ('">',)),
        value=("", "</param>"),
        wrap=("<![CDATA[", "]]>"),
    )
)
"""MiniCPM 5."""

MUSE = tagged_form(
    Tags(
        block=("<atem:function_calls>", "</atem:function_calls>"),
        name=('<atem:invoke name="', '">'),
        call_end="</atem:invoke>",
        key=('<atem:parameter name="', ('">',)),
        value=("", "</atem:parameter>"),
    )
)

_KIMI_TYPES = ("string", "number", "boolean", "null", "object", "array")
KIMI_K3 = tagged_form(
    Tags(
        block=("<|open|>tools<|sep|>", "<|close|>tools<|sep|>"),
        name=('<|open|>call tool="', '"'),
        number=(' index="', '"<|sep|>'),
        call_end="<|close|>call<|sep|>",
        key=('<|open|>argument key="', tuple(f'" type="{each}"<|sep|>' for each in _KIMI_TYPES)),
        value=("", "<|close|>argument<|sep|>"),
    )
)
