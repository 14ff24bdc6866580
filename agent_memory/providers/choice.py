"""Which provider the settings name, and the provider of a space that was chosen earlier."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agent_memory.errors import EmbeddingRefused
from agent_memory.memory.vectors.embedding_space import EmbeddingSpace
from agent_memory.providers.embedding import EmbeddingProvider
from agent_memory.providers.gemini_embeddings import GEMINI_URL, GeminiEmbeddings
from agent_memory.providers.minilm.provider import MINILM_SPACE, MiniLm
from agent_memory.providers.openai_embeddings import OPENAI_URL, OpenAiEmbeddings, takes_sizes
from agent_memory.providers.upstream import Upstream
from agent_memory.settings import EmbeddingProviderName, Settings

_KNOWN_DIMS = {
    "text-embedding-3-small": 1536,
    "text-embedding-3-large": 3072,
    "text-embedding-ada-002": 1536,
    "gemini-embedding-001": 768,
    "gemini-embedding-2": 768,
}
"""Of Gemini's, which can be had in any size, one that stays small."""
_DEFAULT_MODEL: Mapping[EmbeddingProviderName, str] = {
    "openai": "text-embedding-3-small",
    "gemini": "gemini-embedding-001",
}


def chosen_space(settings: Settings) -> EmbeddingSpace | None:
    """The space that new vectors belong to; None when there are to be none.

    `EmbeddingRefused` when the settings do not say enough.
    """
    name = settings.embedding_provider
    match name:
        case "none":
            return None
        case "minilm":
            if settings.embedding_dims not in (None, MINILM_SPACE.num_dims):
                raise EmbeddingRefused(
                    f"MiniLM's vectors have {MINILM_SPACE.num_dims} dimensions: leave out "
                    "AGENT_MEMORY_EMBEDDING_DIMS."
                )
            return MINILM_SPACE
        case "openai" | "gemini":
            model = settings.embedding_model or _DEFAULT_MODEL[name]
            num_dims = settings.embedding_dims or _KNOWN_DIMS.get(model)
            if num_dims is None:
                raise EmbeddingRefused(
                    f"The number of dimensions of '{model}' is unknown: set "
                    "AGENT_MEMORY_EMBEDDING_DIMS."
                )
            return EmbeddingSpace(name, model, num_dims)


def can_shorten(space: EmbeddingSpace) -> bool:
    """The first dimensions of a vector, normalised again, are a vector in their own right."""
    match space.provider:
        case "openai":
            return takes_sizes(space.model)
        case "gemini":
            return True
        case _:
            return False


@dataclass(frozen=True, slots=True)
class Providers:
    """Makes providers for the spaces that this server's settings give access to."""

    settings: Settings
    load_minilm: Callable[[int], EmbeddingProvider] = MiniLm.load

    def provider_of(self, space: EmbeddingSpace) -> EmbeddingProvider:
        """A new provider. Blocks while weights are read. `EmbeddingRefused` when the settings
        do not give what this space needs."""
        match space.provider:
            case "minilm" if space == MINILM_SPACE:
                return self.load_minilm(self.settings.embedding_threads)
            case "openai" | "gemini" if space.provider != self.settings.embedding_provider:
                raise EmbeddingRefused(
                    f"The vectors of {space.space_id} can no longer be made: the server is set "
                    f"to the embedding provider '{self.settings.embedding_provider}'."
                )
            case "openai":
                return OpenAiEmbeddings(self._openai(), space.model, space.num_dims)
            case "gemini":
                return GeminiEmbeddings(self._gemini(), space.model, space.num_dims)
            case _:
                raise EmbeddingRefused(f"No embedding provider serves {space.space_id}.")

    def _openai(self) -> Upstream:
        url = self.settings.embedding_url or OPENAI_URL
        key = self._key()
        if key is None and self.settings.embedding_url is None:
            raise EmbeddingRefused("OpenAI wants a key: set AGENT_MEMORY_EMBEDDING_KEY.")
        headers = {"Authorization": f"Bearer {key}"} if key is not None else {}
        return Upstream(url, headers, self.settings.embedding_timeout_s)

    def _gemini(self) -> Upstream:
        key = self._key()
        if key is None:
            raise EmbeddingRefused("Gemini wants a key: set AGENT_MEMORY_EMBEDDING_KEY.")
        url = self.settings.embedding_url or GEMINI_URL
        return Upstream(url, {"x-goog-api-key": key}, self.settings.embedding_timeout_s)

    def _key(self) -> str | None:
        key = self.settings.embedding_key
        return None if key is None else key.get_secret_value()
