"""Models that say what a test wants, behind the real HTTP surface, for the official clients."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from agent_memory.testing.one_process import app_of_model
from agent_memory.testing.scripted_model import Script, make_scripted_folder
from tests.integration.outputs.speaker import Speaker

MakeSpeaker = Callable[..., Speaker]


@pytest.fixture(scope="module")
def speaker_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeSpeaker]:
    """Makes a model that says `scripts[name]` to whom names it, under a template, and serves it."""
    with ExitStack() as stack:

        def make(scripts: Mapping[str, Script], template: str, **tokenizer: object) -> Speaker:
            folder: Path = tmp_path_factory.mktemp("scripted")
            make_scripted_folder(folder, scripts, template, **tokenizer)  # type: ignore[arg-type]
            return Speaker(stack.enter_context(app_of_model(folder)))

        yield make
