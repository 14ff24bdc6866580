"""Where a prompt leaves what is cached of its session, in the words of the conversation."""

from collections.abc import Sequence

from agent_memory.errors import InvalidRequest
from agent_memory.sessions.divergence import Divergence, find_divergence
from agent_memory.testing.engine import encode
from agent_memory.turns.messages import Message, Role, Text, ToolUse
from agent_memory.turns.sequence import TokenIds


def say(role: Role, text: str) -> Message:
    return Message(role, (Text(text),))


SYSTEM = say(Role.SYSTEM, "You are careful.")
FIRST = say(Role.USER, "What is the capital of France?")
ANSWER = say(Role.ASSISTANT, "Paris.")
SECOND = say(Role.USER, "And of Spain?")
BEFORE = (SYSTEM, FIRST, ANSWER)


class Template:
    """Writes messages, a token a letter, after a preamble; counts how often."""

    def __init__(self, preamble: str = "") -> None:
        self.preamble = preamble
        self.num_rendered = 0

    def tokens(self, messages: Sequence[Message]) -> TokenIds:
        said = (f"<{m.role}>" + "".join(map(_said, m.parts)) + "\n" for m in messages)
        return encode(self.preamble + "".join(said))

    async def render(self, messages: Sequence[Message]) -> TokenIds:
        self.num_rendered += 1
        return self.tokens((*messages, Message(Role.ASSISTANT, ())))[:-1]


def _said(part: object) -> str:
    return part.text if isinstance(part, Text) else str(part)


async def found(
    now: Sequence[Message],
    *,
    before: Sequence[Message] = BEFORE,
    num_cached: int = 0,
    old: Template | None = None,
    new: Template | None = None,
) -> Divergence | None:
    new = new or Template()
    left = (old or Template()).tokens(before)
    return await find_divergence(left, new.tokens(now), num_cached, before, now, new.render)


async def test_a_turn_that_only_goes_on_costs_nothing() -> None:
    template = Template()
    now = (*BEFORE, SECOND)
    assert await found(now, num_cached=len(template.tokens(BEFORE)), new=template) is None
    assert await found(now, new=template) is None
    assert template.num_rendered == 0


async def test_a_changed_message_is_named_with_its_words() -> None:
    changed = say(Role.USER, "What is the capital of Ghana?")
    divergence = await found((SYSTEM, changed, ANSWER, SECOND))
    assert divergence is not None
    at = len("<system>You are careful.\n<user>What is the capital of ")
    assert str(divergence) == (
        f"tokens differ at {at}: message 2 (user), '…ital of France?' became '…ital of Ghana?'"
    )


async def test_a_changed_system_prompt_is_named_as_such() -> None:
    divergence = await found((say(Role.SYSTEM, "You are careless."), *BEFORE[1:], SECOND))
    assert divergence is not None
    assert divergence.segment == "system prompt"
    assert divergence.change == ("…are careful.", "…are careless.")


async def test_what_comes_before_equal_messages_are_the_tools() -> None:
    old, new = Template("tools: a"), Template("tools: b")
    divergence = await found((*BEFORE, SECOND), old=old, new=new)
    assert divergence is not None
    assert (divergence.at, divergence.change) == (7, None)
    assert divergence.segment.startswith("tools")


async def test_the_same_words_in_other_tokens_are_said_to_be_that() -> None:
    call = (SYSTEM, FIRST, Message(Role.ASSISTANT, (ToolUse("1", "f", '{"a":1}'),)))
    spaced = (SYSTEM, FIRST, Message(Role.ASSISTANT, (ToolUse("1", "f", '{"a": 1}'),)), SECOND)
    divergence = await found(spaced, before=call)
    assert divergence is not None
    assert divergence.segment == "message 3 (assistant), the same words in other tokens"


async def test_a_message_that_was_taken_out_is_found_where_the_next_one_stands() -> None:
    divergence = await found((SYSTEM, SECOND))
    assert divergence is not None
    assert divergence.segment == "message 2 (user)"


async def test_long_words_are_cut_around_the_difference() -> None:
    long = say(Role.USER, "x" * 1000 + "old" + "y" * 1000)
    longer = say(Role.USER, "x" * 1000 + "new" + "y" * 1000)
    divergence = await found((longer,), before=(long,))
    assert divergence is not None
    assert divergence.change == (f"…xxxxxxxxold{'y' * 21}…", f"…xxxxxxxxnew{'y' * 21}…")


async def test_in_a_long_conversation_few_prompts_are_rendered() -> None:
    long = [say(Role.USER, f"message {number}") for number in range(1000)]
    changed = [*long[:700], say(Role.USER, "another"), *long[701:]]
    template = Template()
    divergence = await found(changed, before=long, new=template)
    assert divergence is not None
    assert divergence.segment == "message 701 (user)"
    assert template.num_rendered <= 10


async def test_a_template_that_refuses_parts_of_a_conversation_is_no_obstacle() -> None:
    async def refuse(messages: Sequence[Message]) -> TokenIds:
        raise InvalidRequest("Roles must alternate.")

    changed = (SYSTEM, say(Role.USER, "Something else?"), ANSWER)
    template = Template()
    divergence = await find_divergence(
        template.tokens(BEFORE), template.tokens(changed), 0, BEFORE, changed, refuse
    )
    assert divergence is not None
    assert divergence.segment == "message 2 (user)"
