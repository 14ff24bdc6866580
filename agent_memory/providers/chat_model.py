"""A model behind any server that speaks OpenAI's `POST /chat/completions`."""

from agent_memory.errors import EnricherRefused, EnricherUnavailable
from agent_memory.memory.enrichment import ChatPrompt
from agent_memory.providers.upstream import Upstream, UpstreamKind
from agent_memory.settings import Settings

ENRICHER = UpstreamKind("enricher", EnricherUnavailable, EnricherRefused)
_MAX_TOKENS = 4096


class OpenAiChat:
    """One model of one server, asked for JSON at temperature 0."""

    def __init__(self, upstream: Upstream, model: str) -> None:
        self._upstream = upstream
        self.name = model

    async def ask(self, prompt: ChatPrompt) -> str:
        """The text of the answer. Raises `EnricherUnavailable`, or `EnricherRefused` when a setting
        has to change first."""
        answer = await self._upstream.post(
            "/chat/completions",
            {
                "model": self.name,
                "temperature": 0,
                "max_tokens": _MAX_TOKENS,
                "messages": [
                    {"role": "system", "content": prompt.system},
                    {"role": "user", "content": prompt.user},
                ],
            },
        )
        match answer:
            case {"choices": [{"message": {"content": str(text)}}, *_]}:
                return text
            case _:
                raise EnricherUnavailable("The enricher's answer has no text.")

    async def close(self) -> None:
        await self._upstream.close()


def chosen_enricher(settings: Settings) -> OpenAiChat | None:
    """The model that the settings name; None when there is to be none."""
    if settings.enricher_url is None:
        return None
    key = settings.enricher_key
    headers = {} if key is None else {"Authorization": f"Bearer {key.get_secret_value()}"}
    upstream = Upstream(settings.enricher_url, headers, settings.enricher_timeout_s, kind=ENRICHER)
    return OpenAiChat(upstream, settings.enricher_model)
