"""Turns in an order that a chat template takes: nothing is lost, and nothing is moved to where a
later message would move it again."""

from agent_memory.prompts.template_abilities import TemplateAbilities, TemplateMessage

NO_RESULT = "(no result)"


def turns_in_order(
    entries: list[TemplateMessage], abilities: TemplateAbilities
) -> list[TemplateMessage]:
    """The messages as `template_messages` says, in as far as the template needs it."""
    if not abilities.has_repeated_roles:
        entries = _merged(entries)
    if not abilities.has_unanswered_calls:
        entries = _answered(entries)
    if not abilities.has_text_with_calls:
        is_apart = abilities.has_repeated_roles
        entries = _text_before_calls(entries) if is_apart else _text_in_results(entries)
    return entries if abilities.has_user_after_tools else _with_silent_turns(entries)


def _merged(entries: list[TemplateMessage]) -> list[TemplateMessage]:
    """Neighbours of one role become one message; results of tools stay apart."""
    merged: list[TemplateMessage] = []
    for entry in entries:
        if not merged or merged[-1]["role"] != entry["role"] or entry["role"] == "tool":
            merged.append(entry)
            continue
        previous = merged[-1]
        texts = [str(each["content"]) for each in (previous, entry) if each["content"]]
        both = {**previous, **entry, "content": "\n\n".join(texts)}
        calls = [call for each in (previous, entry) for call in _calls(each)]
        merged[-1] = {**both, "tool_calls": calls} if calls else both
    return merged


def _answered(entries: list[TemplateMessage]) -> list[TemplateMessage]:
    """Each call has a result, if only one that says that there is none."""
    answered: list[TemplateMessage] = []
    open_calls: list[TemplateMessage] = []
    for entry in entries:
        if entry["role"] == "tool":
            at = entry.get("tool_call_id")
            open_calls = [call for call in open_calls if call["tool_call_id"] != at]
        else:
            answered.extend(open_calls)
            open_calls = [_no_result(call) for call in _calls(entry)]
        answered.append(entry)
    return answered


def _no_result(call: TemplateMessage) -> TemplateMessage:
    function = call["function"]
    name = function["name"] if isinstance(function, dict) else ""
    return {"role": "tool", "tool_call_id": call["id"], "name": name, "content": NO_RESULT}


def _text_before_calls(entries: list[TemplateMessage]) -> list[TemplateMessage]:
    """The text beside calls is a message of its own."""
    apart: list[TemplateMessage] = []
    for entry in entries:
        if not (_calls(entry) and entry["content"]):
            apart.append(entry)
            continue
        apart.append({"role": "assistant", "content": entry["content"]})
        apart.append({**entry, "content": ""})
    return apart


def _text_in_results(entries: list[TemplateMessage]) -> list[TemplateMessage]:
    """The text beside calls leads the first result; where none follows, it follows the calls."""
    led: list[TemplateMessage] = []
    text: object = ""
    for entry in entries:
        if text and entry["role"] == "tool":
            said = f"<assistant>\n{text}\n</assistant>\n{entry['content']}"
            led.append({**entry, "content": said})
        elif text:
            led.extend([{"role": "assistant", "content": text}, entry])
        else:
            led.append(entry)
        text = ""
        if _calls(entry):
            text = entry["content"]
            led[-1] = {**entry, "content": ""}
    return led


def _with_silent_turns(entries: list[TemplateMessage]) -> list[TemplateMessage]:
    """Between a tool and the user the assistant says nothing, where it has said nothing since the
    user spoke."""
    ordered: list[TemplateMessage] = []
    is_users_turn = True
    for entry in entries:
        if entry["role"] == "user":
            follows_tools = bool(ordered) and (
                ordered[-1]["role"] == "tool" or bool(_calls(ordered[-1]))
            )
            if follows_tools and not is_users_turn:
                ordered.append({"role": "assistant", "content": ""})
            is_users_turn = False
        elif entry["role"] == "assistant" and not _calls(entry):
            is_users_turn = True
        ordered.append(entry)
    return ordered


def _calls(entry: TemplateMessage) -> list[TemplateMessage]:
    calls = entry.get("tool_calls", [])
    return calls if isinstance(calls, list) else []
