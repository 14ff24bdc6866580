"""An answer that ends because the context window is full."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent_memory.settings import Settings
from agent_memory.testing.one_process import app_of_model
from agent_memory.testing.scripted_model import make_scripted_folder
from tests.integration.device.small_tokenizers import HERMES
from tests.integration.outputs.speaker import Speaker

WINDOW = 256


@pytest.fixture(scope="module")
def speaker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Speaker]:
    folder: Path = tmp_path_factory.mktemp("narrow")
    make_scripted_folder(folder, {"LONG": "".join(map(str, range(400)))}, HERMES)
    settings = Settings.model_validate({"context_window": WINDOW, "max_batch_size": 32})
    with app_of_model(folder, settings) as app:
        yield Speaker(app)


async def test_the_end_of_the_window_is_told_apart_from_the_limit_that_was_asked_for(
    speaker: Speaker,
) -> None:
    chats, messages = await speaker.asked_every_way("LONG", max_tokens=10 * WINDOW)

    assert [heard.reason for heard in messages] == ["model_context_window_exceeded"] * 2
    assert [heard.reason for heard in chats] == ["length"] * 2

    chats, messages = await speaker.asked_every_way("LONG", max_tokens=20)

    assert [heard.reason for heard in messages] == ["max_tokens"] * 2
    assert [heard.reason for heard in chats] == ["length"] * 2


async def test_a_limit_that_the_window_just_has_room_for_is_the_limit(speaker: Speaker) -> None:
    asked: Any = [{"role": "user", "content": "LONG"}]
    async with speaker.anthropic() as client:
        counted = await client.messages.count_tokens(model="m", messages=asked)
        room = WINDOW - counted.input_tokens
        fitting = await client.messages.create(model="m", max_tokens=room, messages=asked)
        too_long = await client.messages.create(model="m", max_tokens=room + 1, messages=asked)

    assert (fitting.stop_reason, fitting.usage.output_tokens) == ("max_tokens", room)
    assert too_long.stop_reason == "model_context_window_exceeded"
    assert too_long.usage.output_tokens == room
