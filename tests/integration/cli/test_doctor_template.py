"""The doctor tries the chat template of the model that would be served."""

from pathlib import Path

from agent_memory.cli.finding import Outcome
from agent_memory.cli.server_checks import check_template
from tests.integration.device.small_tokenizers import STRICT, byte_level, write_model_folder


def test_what_a_template_cannot_take_is_said(tmp_path: Path) -> None:
    finding = check_template(str(write_model_folder(tmp_path, byte_level(), STRICT)))
    assert finding.outcome is Outcome.OK
    assert "tools are told in words" in finding.detail
    assert "the system prompt leads" in finding.detail


def test_a_tokenizer_that_cannot_be_read_fails(tmp_path: Path) -> None:
    folder = write_model_folder(tmp_path, byte_level(), STRICT)
    (folder / "tokenizer.json").write_text("{")
    assert check_template(str(folder)).outcome is Outcome.FAIL
