"""The grammars that clients send, as a rule of Lark."""

import re

from llguidance.gbnf_to_lark import any_to_lark

from agent_memory.errors import InvalidRequest
from agent_memory.turns.answer_form import AnswerForm

_OPTIONS = re.compile(r"^\s*%llguidance\b.*$", re.MULTILINE)


def text_form(form: AnswerForm) -> str | None:
    """What the whole text must match that is no JSON, as an expression of Lark; None where it is
    free. Raises InvalidRequest for a grammar that cannot be read."""
    if form.text_grammar is None:
        return form.text_form
    try:
        rules = any_to_lark(form.text_grammar)
    except Exception as error:  # the library raises no narrower one
        raise InvalidRequest(
            f"The grammar is neither Lark (its first rule is 'start: …') nor GBNF "
            f"('root ::= …'): {error}",
            "guided_grammar",
        ) from error
    return f"%lark {{\n{_OPTIONS.sub('', rules)}\n}}"
