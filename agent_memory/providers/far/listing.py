"""The models that a provider says it has."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from agent_memory.gateway.configuration import ListedModel, ProviderConfig, ProviderKey
from agent_memory.providers.far.client import AttemptFailed, Deadlines, ProviderClient
from agent_memory.providers.far.headers import headers_onward
from agent_memory.providers.far.reading import count_of, items_of, json_object, text_of
from agent_memory.turns.route import Wire

MAX_LIST_BYTES = 32 * 1024 * 1024
MAX_MODELS = 20_000
MAX_NAME = 256


async def listed_models(config: ProviderConfig, deadlines: Deadlines) -> Sequence[ListedModel]:
    """All of them. `AttemptFailed` when there is no list to be had."""
    client = ProviderClient(config, deadlines)
    key = next(iter(config.keys), ProviderKey("", ""))
    headers = headers_onward((), config.wire, key.secret, is_streamed=False)
    query = "limit=1000" if config.wire is Wire.ANTHROPIC else ""
    try:
        async with client.opened("GET", "models", headers, query=query) as response:
            body = bytearray()
            async for chunk in response.content.iter_any():
                body += chunk
                if len(body) > MAX_LIST_BYTES:
                    break
            data = json_object(bytes(body))
        if data is None or not isinstance(data.get("data"), list):
            reason = ValueError("it sent no list of models")
            raise AttemptFailed(client.broken(reason))
    finally:
        await client.close()
    models = (_model(config.name, entry) for entry in items_of(data, "data")[:MAX_MODELS])
    return [model for model in models if model is not None]


def _model(provider: str, entry: Mapping[str, Any]) -> ListedModel | None:
    name = text_of(entry, "id")
    if not name or len(name) > MAX_NAME or not name.isprintable():
        return None
    supported = entry.get("supported_parameters")
    known = supported if isinstance(supported, list) else None
    modalities = entry.get("architecture", {})
    seen = modalities.get("input_modalities") if isinstance(modalities, Mapping) else None
    return ListedModel(
        provider,
        name,
        context_window=count_of(entry, "context_length")
        or count_of(entry, "max_input_tokens")
        or count_of(entry, "max_model_len")
        or None,
        max_output_tokens=count_of(entry, "top_provider", "max_completion_tokens")
        or count_of(entry, "max_tokens")
        or None,
        created=count_of(entry, "created") or _unix(text_of(entry, "created_at")),
        has_tools=None if known is None else "tools" in known,
        has_thinking=None if known is None else "reasoning" in known,
        modalities=tuple(str(one)[:32] for one in seen[:8]) if isinstance(seen, list) else (),
    )


def _unix(text: str) -> int:
    try:
        return max(0, int(datetime.fromisoformat(text).timestamp()))
    except ValueError:
        return 0
