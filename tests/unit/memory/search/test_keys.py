"""Keys of questions."""

from agent_memory.memory.items.kinds import KeyKind
from agent_memory.memory.search.keys import find_keys
from tests.unit.memory.extraction.materials import read_log, say

LOG = """Traceback (most recent call last):
  File "/srv/app/src/cart.py", line 41, in grand_total
    return sum(lines)
TypeError: no
"""


def values(text: str, kind: KeyKind) -> set[str]:
    return {key.value for key in find_keys(text) if key.kind is kind}


def test_a_question_names_files_and_symbols() -> None:
    question = "Why does CartService.refresh_total in src/cart.py call `drain`, and a::b::run?"
    assert "cart.py" in values(question, KeyKind.FILE)
    assert {"CartService", "refresh_total", "drain"} <= values(question, KeyKind.SYMBOL)


def test_a_plain_question_names_nothing() -> None:
    assert find_keys("What did we decide about the deadline on Friday?") == ()


def test_a_log_as_a_question_has_the_keys_of_the_failure_that_it_shows() -> None:
    (stack,) = read_log(LOG)
    assert set(find_keys(f"What is this?\n{LOG}")) == set(stack.keys)
    assert values(LOG, KeyKind.FINGERPRINT) == {stack.fingerprint}


def test_a_failed_test_leads_to_what_it_tests() -> None:
    keys = find_keys("FAILED tests/test_cart.py::test_total - ValueError: x")
    found = {(key.kind, key.value) for key in keys}
    assert (KeyKind.TEST, "test_cart.test_total") in found
    assert (KeyKind.FILE, "cart.py") in found


def test_a_message_and_a_question_about_the_same_code_share_keys() -> None:
    message = say("The bug is in `CartService.total()`.")[0]
    assert set(message.keys) & set(find_keys("who calls CartService.total?"))
