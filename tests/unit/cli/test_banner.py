"""The server's words once it is ready."""

import shlex
from dataclasses import replace

import orjson

from agent_memory.cli.banner import banner_lines
from agent_memory.host.reporting import Banner

BANNER = Banner(
    url="http://127.0.0.1:8000",
    key="am_1_secret",
    model="tiny",
    model_notes=("Random weights: it babbles.",),
    data_dir="/home/ann/.agent_memory",
    seconds=12.34,
    engine_notes=("OpenBLAS was not found.",),
)


def text(banner: Banner) -> str:
    return "\n".join(banner_lines(banner))


def test_the_facts_are_there() -> None:
    shown = text(BANNER)

    for fact in (BANNER.url, "am_1_secret", "tiny", "/home/ann/.agent_memory", "12.3 s"):
        assert fact in shown


def test_notes_on_model_and_device_are_shown() -> None:
    assert "Random weights: it babbles." in text(BANNER)
    assert "OpenBLAS was not found." in text(BANNER)


def test_the_curl_line_is_one_shell_command_with_valid_json() -> None:
    banner = replace(BANNER, model='it\'s "odd"')
    line = next(line for line in banner_lines(banner) if "curl" in line)

    words = shlex.split(line)

    assert words[:2] == ["curl", "http://127.0.0.1:8000/v1/messages"]
    assert "x-api-key: am_1_secret" in words
    assert orjson.loads(words[-1])["model"] == 'it\'s "odd"'


def test_without_a_fresh_key_it_says_how_to_make_one() -> None:
    shown = text(replace(BANNER, key=None, data_dir="/a b"))

    assert "keys create --name NAME --data-dir '/a b'" in shown
    assert "ANTHROPIC_AUTH_TOKEN=$AGENT_MEMORY_KEY" in shown


def test_it_says_how_to_serve_a_model_from_the_hub() -> None:
    assert "serve --model mlx-community/gemma-3-12b-it-4bit" in text(BANNER)
