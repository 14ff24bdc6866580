from agent_memory.ids import TurnId
from agent_memory.prompts.request import RenderedPrompt
from agent_memory.prompts.splice import assemble, plan_splices
from agent_memory.turns.messages import Message, Role, Text, Thinking, ToolUse
from agent_memory.turns.transcript import GeneratedTurn

NONCE = "4f1c9a77"


def user(text: str) -> Message:
    return Message(Role.USER, (Text(text),))


def answer(text: str) -> Message:
    return Message(Role.ASSISTANT, (Text(text),))


def turn(
    message: Message, position: int, tokens: tuple[int, ...] = (7, 8), model: str = "m1"
) -> GeneratedTurn:
    return GeneratedTurn(TurnId(f"turn_{position}"), position, message, tokens, "<a>", model)


def test_a_recorded_answer_is_replaced_by_its_sentinel() -> None:
    recorded = turn(answer("Hi!"), 1)
    plan = plan_splices([user("hello"), answer("Hi!\n"), user("bye")], [recorded], "m1", NONCE)
    (splice,) = plan.splices
    assert plan.turns == (recorded,)
    assert plan.messages == (user("hello"), answer(splice.sentinel), user("bye"))
    assert splice.generation_suffix == "<a>"
    assert splice.message == answer("Hi!\n")


def test_calls_and_thinking_go_with_the_message_they_belong_to() -> None:
    said = Message(
        Role.ASSISTANT, (Thinking("I must call f"), Text("Calling."), ToolUse("c1", "f", '{"a":1}'))
    )
    sent = Message(Role.ASSISTANT, (Text("Calling."), ToolUse("c1", "f", '{ "a": 1 }')))
    plan = plan_splices([user("go"), sent], [turn(said, 1)], "m1", NONCE)
    assert plan.messages[1].parts == (Text(plan.splices[0].sentinel),)


def test_a_message_that_says_something_else_is_left_as_it_is() -> None:
    messages = [user("hello"), answer("Hi there!")]
    plan = plan_splices(messages, [turn(answer("Hi!"), 1)], "m1", NONCE)
    assert plan.messages == tuple(messages)
    assert not plan.splices


def test_tokens_of_another_model_are_not_used() -> None:
    plan = plan_splices(
        [user("hello"), answer("Hi!")], [turn(answer("Hi!"), 1, model="m2")], "m1", NONCE
    )
    assert not plan.splices


def test_a_turn_without_tokens_is_not_spliced() -> None:
    plan = plan_splices([user("x"), answer("Hi!")], [turn(answer("Hi!"), 1, ())], "m1", NONCE)
    assert not plan.splices


def test_each_turn_stands_for_one_message_and_order_is_kept() -> None:
    first, second = turn(answer("OK"), 1, (1,)), turn(answer("OK"), 3, (2,))
    messages = [user("a"), answer("OK"), user("b"), answer("OK"), user("c"), answer("OK")]
    plan = plan_splices(messages, [first, second], "m1", NONCE)
    assert plan.turns == (first, second)
    assert plan.messages[5] == answer("OK")


def test_of_equal_answers_the_one_recorded_at_its_place_is_taken() -> None:
    first, second = turn(answer("OK"), 1, (1,)), turn(answer("OK"), 3, (2,))
    messages = [user("a"), answer("edited"), user("b"), answer("OK")]
    assert plan_splices(messages, [first, second], "m1", NONCE).turns == (second,)


def test_a_history_that_was_shortened_is_still_recognised() -> None:
    recorded = turn(answer("The plan is done."), 9)
    plan = plan_splices([user("summary"), answer("The plan is done.")], [recorded], "m1", NONCE)
    assert plan.turns == (recorded,)


def test_what_the_user_says_is_never_taken_for_the_assistant() -> None:
    plan = plan_splices([user("Hi!")], [turn(answer("Hi!"), 0)], "m1", NONCE)
    assert plan.messages == (user("Hi!"),)


def test_sentinels_differ_between_requests_and_none_begins_another() -> None:
    messages = [message for at in range(12) for message in (user("q"), answer(f"a{at}"))]
    recorded = [turn(answer(f"a{at}"), 2 * at + 1) for at in range(12)]
    one = [splice.sentinel for splice in plan_splices(messages, recorded, "m1", NONCE).splices]
    other = [splice.sentinel for splice in plan_splices(messages, recorded, "m1", "beef").splices]
    assert len(one) == 12
    assert not set(one) & set(other)
    assert not any(a != b and a in b for a in one for b in one)


def test_the_prompt_is_pieces_with_recorded_tokens_between_them() -> None:
    turns = [turn(answer("a"), 1, (10, 11)), turn(answer("b"), 3, (20,))]
    both = RenderedPrompt(((1, 2), (3,), (4,)), (0, 1), "<a>")
    assert assemble(both, turns) == (1, 2, 10, 11, 3, 20, 4)
    only_second = RenderedPrompt(((1, 2), (4,)), (1,), "<a>")
    assert assemble(only_second, turns) == (1, 2, 20, 4)
    assert assemble(RenderedPrompt(((5,),), (), ""), []) == (5,)
