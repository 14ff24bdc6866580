"""The abilities of a model's chat template."""

from dataclasses import dataclass

TemplateMessage = dict[str, object]
"""A message as templates take it."""


@dataclass(frozen=True, slots=True)
class TemplateAbilities:
    """What a chat template accepts and renders, found out by trying.

    has_system: a system message at the beginning stays there, whatever follows.
    has_late_system: those further on stay at their places, and so does the first.
    has_repeated_roles: neighbours may be of one role.
    has_assistant_first: the conversation may begin with the assistant.
    has_no_user: the conversation may have no message of the user.
    has_tools: schemas, calls and results are rendered, and calls can be read back.
    has_object_arguments: a call's arguments are given as an object, else as JSON text.
    has_short_ids: ids of calls must be nine letters and digits.
    has_text_with_calls: the text beside a call is rendered.
    has_user_after_tools: the user may speak after a result, and after a call without one.
    has_unanswered_calls: a call may have no result.
    silence: the text of a message that says nothing.
    """

    has_system: bool = True
    has_late_system: bool = True
    has_repeated_roles: bool = True
    has_assistant_first: bool = True
    has_no_user: bool = True
    has_tools: bool = True
    has_object_arguments: bool = True
    has_short_ids: bool = False
    has_text_with_calls: bool = True
    has_user_after_tools: bool = True
    has_unanswered_calls: bool = True
    silence: str = ""
