"""The server's words once it is ready."""

import shlex

import orjson

from agent_memory.cli.installation import command
from agent_memory.host.reporting import Banner

HUB_MODEL = "mlx-community/gemma-3-12b-it-4bit"
KEY_VARIABLE = "$AGENT_MEMORY_KEY"
"""Stands in the lines to copy where the key itself is no longer known."""


def banner_lines(banner: Banner) -> list[str]:
    """The banner, a line each: facts first, then lines to copy."""
    return [
        "",
        f"agent-memory is ready ({banner.seconds:.1f} s)",
        "",
        f"  Address  {banner.url}",
        *_key_lines(banner),
        f"  Model    {banner.model}",
        *(f"           {note}" for note in banner.model_notes),
        f"  Data     {banner.data_dir}",
        *(f"  Note     {note}" for note in banner.engine_notes),
        "",
        "Ask it something:",
        f"  {_curl_line(banner)}",
        "Work with Claude Code on it:",
        f"  ANTHROPIC_BASE_URL={banner.url} ANTHROPIC_AUTH_TOKEN={_key_to_copy(banner)} claude",
        "Serve a model from the hub instead (on Apple Silicon):",
        f"  {command()} serve --model {HUB_MODEL}",
        "",
        "Ctrl-C stops it: running answers finish first.",
    ]


def _key_lines(banner: Banner) -> list[str]:
    if banner.key is not None:
        return [f"  Key      {banner.key}", "           shown this once: keep it"]
    create = f"{command()} keys create --name NAME --data-dir {shlex.quote(banner.data_dir)}"
    return ["  Key      made on the first start. For another one:", f"           {create}"]


def _key_to_copy(banner: Banner) -> str:
    return banner.key if banner.key is not None else KEY_VARIABLE


def _curl_line(banner: Banner) -> str:
    body = orjson.dumps(
        {
            "model": banner.model,
            "max_tokens": 100,
            "messages": [{"role": "user", "content": "Hello"}],
        }
    ).decode()
    return (
        f'curl {banner.url}/v1/messages -H "x-api-key: {_key_to_copy(banner)}" '
        f"-H 'content-type: application/json' -d {shlex.quote(body)}"
    )
