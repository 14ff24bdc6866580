"""The doctor's findings on the model that a server would be started with."""

from pathlib import Path

import pytest

from agent_memory.cli.finding import Outcome
from agent_memory.cli.server_checks import check_chosen_model, check_template


def test_the_bundled_model_is_whole() -> None:
    assert check_chosen_model("tiny").outcome is Outcome.OK


def test_a_hub_id_is_not_looked_up() -> None:
    finding = check_chosen_model("mlx-community/gemma-3-12b-it-4bit")

    assert finding.outcome is Outcome.OK
    assert "downloaded at its first start" in finding.detail


def test_a_folder_that_holds_no_model_fails_and_says_what_is_missing(tmp_path: Path) -> None:
    finding = check_chosen_model(str(tmp_path))

    assert finding.outcome is Outcome.FAIL
    assert "config.json" in finding.detail


@pytest.mark.parametrize("name", ["/no/such/folder", "no-such-model", "a/b/c"])
def test_what_is_neither_a_folder_nor_a_hub_id_fails(name: str) -> None:
    assert check_chosen_model(name).outcome is Outcome.FAIL


@pytest.mark.parametrize("name", ["tiny", "mlx-community/gemma-3-12b-it-4bit"])
def test_only_the_template_of_a_folder_is_tried(name: str) -> None:
    finding = check_template(name)

    assert finding.outcome is Outcome.OK
    assert "not tried" in finding.detail
