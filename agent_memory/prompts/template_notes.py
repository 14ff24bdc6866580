"""Notes on a model's chat template, for the person who starts the server."""

from agent_memory.prompts.template_abilities import TemplateAbilities


def template_notes(abilities: TemplateAbilities) -> tuple[str, ...]:
    """What the template cannot take as it comes, and what is rendered instead, a sentence each."""
    found = (
        (not abilities.has_system, "the system prompt leads the user's first message"),
        (not abilities.has_late_system, "later system messages are the user's, in <system> tags"),
        (not abilities.has_repeated_roles, "neighbours of one role become one message"),
        (
            not (abilities.has_assistant_first and abilities.has_no_user),
            "an empty turn of the user goes first where one is missing",
        ),
        (
            not abilities.has_user_after_tools,
            "the assistant says nothing between a tool's result and the user",
        ),
        (not abilities.has_unanswered_calls, "calls without a result are given one"),
        (not abilities.has_text_with_calls, "text beside a call is moved next to it"),
        (bool(abilities.silence), "messages without text are a blank"),
        (not abilities.has_tools, "tools are told in words"),
    )
    return tuple(f"Chat template: {note}." for is_so, note in found if is_so)
