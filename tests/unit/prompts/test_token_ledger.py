from agent_memory.prompts.token_ledger import TokenLedger
from agent_memory.turns.events import TokenLogprob


def test_tokens_wait_until_their_text_is_given_out() -> None:
    ledger = TokenLedger()
    one, two = TokenLogprob("ab", (97, 98), -0.1), TokenLogprob("c", (99,), -0.2)
    ledger.add(2, 1, [one])
    ledger.add(1, 1, [two])
    assert ledger.take(1) == (0, ())
    assert ledger.take(2) == (1, (one,))
    assert ledger.take(3) == (1, (two,))
    assert ledger.take(3) == (0, ())


def test_tokens_without_text_go_with_the_text_that_follows() -> None:
    ledger = TokenLedger()
    ledger.add(1, 1, [])
    assert ledger.take(1) == (1, ())
    ledger.add(0, 1, [])
    ledger.add(1, 1, [])
    assert ledger.take(2) == (2, ())
