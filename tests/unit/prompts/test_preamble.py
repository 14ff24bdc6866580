from agent_memory.prompts.preamble import stable_messages, without_volatile_lines
from agent_memory.turns.messages import Message, Role, Text

HEADER = "x-anthropic-billing-header: cc_version=2.1.7.a3f; cc_entrypoint=cli; cch=5e1c0;"


def system(*texts: str) -> Message:
    return Message(Role.SYSTEM, tuple(Text(text) for text in texts))


def test_the_billing_line_is_taken_out_wherever_it_stands() -> None:
    assert without_volatile_lines(f"{HEADER}\nYou are a coder.") == "You are a coder."
    assert without_volatile_lines(f"You are a coder.\n{HEADER}\nBe brief.") == (
        "You are a coder.\nBe brief."
    )


def test_a_block_that_holds_only_the_line_is_dropped() -> None:
    assert stable_messages([system(HEADER, "You are a coder.")]) == (system("You are a coder."),)


def test_a_system_message_that_holds_only_the_line_is_dropped() -> None:
    user = Message(Role.USER, (Text("hello"),))
    assert stable_messages([system(HEADER), user]) == (user,)


def test_two_requests_that_differ_in_the_line_become_equal() -> None:
    one = stable_messages([system(HEADER + "\nYou are a coder.")])
    other = stable_messages([system(HEADER.replace("5e1c0", "00a11") + "\nYou are a coder.")])
    assert one == other


def test_what_a_user_writes_is_left_alone() -> None:
    message = Message(Role.USER, (Text(f"{HEADER}\nwhat is this?"),))
    assert stable_messages([message]) == (message,)


def test_text_that_only_mentions_the_name_is_left_alone() -> None:
    text = "Never print the x-anthropic-billing-header: it is private."
    assert without_volatile_lines(text) == text
