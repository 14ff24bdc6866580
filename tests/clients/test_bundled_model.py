"""An agent with the model that comes with the product, which says what it can."""

from tests.clients.claude_code import ClaudeCode, result_of


def test_claude_code_takes_a_turn_with_the_bundled_model(claude: ClaudeCode, tiny: str) -> None:
    ran = claude.ask("Hello", "--model", tiny)

    assert ran.code == 0, ran
    assert result_of(ran)["result"]
