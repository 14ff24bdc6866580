"""Every setting, read from the environment in this one file.

Precedence: command line, then `AGENT_MEMORY_*` variables, then the defaults below.
`DATABASE_URL`, `RAY_ADDRESS` and `REDIS_URL` are read under their usual names.
"""

import os
import re
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

MIB = 1024 * 1024

EmbeddingProviderName: TypeAlias = Literal["minilm", "openai", "gemini", "none"]

KvBitsName: TypeAlias = Literal["none", "8", "4", "k8v4"]


def _quarter_of_memory() -> int:
    return max(1024 * MIB, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 4)


def _sixteenth_of_memory() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 16


def _few_cores() -> int:
    return min(4, os.cpu_count() or 1)


class Settings(BaseSettings):
    """All settings of one server. Sizes in bytes, times in seconds."""

    model_config = SettingsConfigDict(
        env_prefix="AGENT_MEMORY_", frozen=True, extra="forbid", populate_by_name=True
    )

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65535)
    data_dir: Path = Field(Path("~/.agent_memory"), validate_default=True)
    model: str = "tiny"
    """`tiny`, a folder, or a hub id such as `mlx-community/gemma-3-12b-it-4bit`."""
    models: Annotated[tuple[str, ...], NoDecode] = ()
    """Further ones, separated by commas, that may take its place while the server runs."""
    database_url: str | None = Field(None, validation_alias=AliasChoices("DATABASE_URL"))
    ray_address: str | None = Field(None, validation_alias=AliasChoices("RAY_ADDRESS"))
    redis_url: str | None = Field(None, validation_alias=AliasChoices("REDIS_URL"))
    """Where several servers share their limits and bodies of contexts; unset: each for itself."""
    limits_without_redis: Literal["open", "closed"] = "open"
    """While Redis is away: `open`, each server limits by itself; `closed`, requests that fall under
    a limit are refused."""

    openrouter_api_key: SecretStr | None = Field(
        None, validation_alias=AliasChoices("OPENROUTER_API_KEY")
    )
    """With it, OpenRouter is a provider without a command."""
    unknown_models: Literal["auto", "local", "refuse"] = "auto"
    """Which model answers a name that nobody has: the local one, or none (404). `auto`: the local
    one as long as there is no provider."""
    secrets_key: SecretStr | None = None
    """64 hex digits: the keys of providers are sealed with them in the database (AES-256-GCM). By
    default a file of the data directory has them."""
    upstream_connect_s: float = Field(10.0, gt=0)
    """How long a provider may take to be connected to, to say its first word, to say the next one,
    and for all of an answer."""
    upstream_first_token_s: float = Field(120.0, gt=0)
    upstream_idle_s: float = Field(120.0, gt=0)
    upstream_total_s: float = Field(3600.0, gt=0)

    block_size: int = Field(256, ge=16, le=4096)
    """Tokens of a KV block."""
    kv_bits: KvBitsName = "none"
    """Bits of a number in the KV cache: as the model computes it, 8, 4, or 8 in keys and 4 in
    values."""
    resident_budget: int = Field(default_factory=_quarter_of_memory, ge=16 * MIB)
    """KV kept in the engine. By default a quarter of this machine's memory."""
    at_rest_budget: int = Field(default_factory=_sixteenth_of_memory, ge=0)
    """KV that has had to leave the engine, in memory of its process, from where it comes back
    without the disk. 0: none. By default a sixteenth of this machine's memory."""
    shelf_budget: int = Field(20 * 1024 * MIB, ge=16 * MIB)
    """KV kept on disk."""
    shelf_key: SecretStr | None = None
    """64 hex digits: the KV on disk is encrypted with them (AES-256-GCM)."""
    unstored_kv_s: float = Field(24 * 3600.0, ge=0)
    """How long the KV of turns that are not stored may be readable on disk at most: it is encrypted
    with a key of the server's own, which is forgotten then. 0: it is in memory only."""
    max_batch_size: int | None = Field(None, ge=1, le=256)
    """Turns that decode together; None: as many as suit the device."""
    max_waiting: int = Field(64, ge=0)
    """Requests that may wait for the engine before 429."""
    step_token_budget: int = Field(512, ge=16)
    """Most tokens that one step of the engine feeds."""
    context_window: int | None = Field(None, ge=64)
    """Upper bound on the model's own context window."""

    max_live_sessions: int = Field(16, ge=1)
    num_warm_sessions: int = Field(1, ge=0)
    session_idle_s: float = Field(900.0, gt=0)
    """A session that idles for so long hibernates."""
    drain_grace_s: float = Field(20.0, ge=0)

    embedding_provider: EmbeddingProviderName = "minilm"
    """`minilm` runs here; `openai` is any server that speaks OpenAI's protocol; `none` does without
    vectors."""
    embedding_url: str | None = None
    """Such as `http://localhost:11434/v1`; by default the provider's own."""
    embedding_model: str | None = None
    embedding_key: SecretStr | None = None
    embedding_dims: int | None = Field(None, ge=1, le=4000)
    """Dimensions of a vector, where the model's name does not tell."""
    embedding_timeout_s: float = Field(30.0, gt=0)
    num_embedders: int = Field(1, ge=1, le=64)
    """Processes that embed; each has the weights of MiniLM for itself."""
    embedding_threads: int = Field(default_factory=_few_cores, ge=1, le=64)
    """Of one embedder. By default the cores of this machine, four at most."""

    enricher_url: str | None = None
    """A chat endpoint of OpenAI's protocol, such as `http://localhost:11434/v1`, that looks for
    statements in what is remembered. If unset, only the built-in rules are used."""
    enricher_model: str = "gpt-4o-mini"
    enricher_key: SecretStr | None = None
    enricher_timeout_s: float = Field(120.0, gt=0)

    webhooks_to_private: bool = False
    """Whether webhooks may be sent to private addresses, and over http."""
    context_keys: SecretStr | None = None
    """64 hex digits each, separated by commas: contexts are encrypted with the first one, and those
    that another one has encrypted are read with it."""

    backup_every_h: int = Field(0, ge=0)
    """Hours between two backups that the server makes by itself; 0: none."""
    backup_dir: Path | None = None
    """Where they go; by default `backups/` in the data directory."""
    backups_kept: int = Field(7, ge=1)
    """Older ones are removed after a new one was made."""
    backup_key: SecretStr | None = None
    """64 hex digits: with them the key of secrets stands in backups, sealed (AES-256-GCM)."""

    max_body_bytes: int = Field(32 * MIB, ge=1024)
    max_import_bytes: int = Field(64 * 1024 * MIB, ge=1024)
    """Of an exported session, whose KV is most of it."""
    max_header_bytes: int = Field(16 * 1024, ge=1024)
    max_json_depth: int = Field(64, ge=8)
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Origins whose pages may call the server from a browser, separated by commas; `*` is all of
    them. None by default."""
    log_level: str = "INFO"

    @field_validator("models", "cors_origins", mode="before")
    @classmethod
    def _split_names(cls, names: object) -> object:
        if isinstance(names, str):
            return tuple(name for part in names.split(",") if (name := part.strip()))
        return names

    @field_validator("redis_url")
    @classmethod
    def _check_redis_url(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("an address of Redis begins with redis://, rediss:// or unix://")
        return url

    @field_validator("shelf_key", "secrets_key", "backup_key")
    @classmethod
    def _check_key(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and re.fullmatch("[0-9a-fA-F]{64}", key.get_secret_value()) is None:
            raise ValueError("a key has 64 hex digits; `openssl rand -hex 32` makes one")
        return key

    @field_validator("context_keys")
    @classmethod
    def _check_keys(cls, keys: SecretStr | None) -> SecretStr | None:
        for key in [] if keys is None else _split(keys):
            cls._check_key(SecretStr(key))
        return keys

    @property
    def context_key_ring(self) -> tuple[bytes, ...]:
        """The keys of contexts, 32 bytes each, the one that encrypts first."""
        return (
            ()
            if self.context_keys is None
            else tuple(map(bytes.fromhex, _split(self.context_keys)))
        )

    @property
    def shelf_key_bytes(self) -> bytes | None:
        """The key of the shelf, 32 bytes, if there is one."""
        return None if self.shelf_key is None else bytes.fromhex(self.shelf_key.get_secret_value())

    @property
    def secrets_key_bytes(self) -> bytes | None:
        """The key that seals secrets in the database, 32 bytes, if it is set."""
        key = self.secrets_key
        return None if key is None else bytes.fromhex(key.get_secret_value())

    @property
    def backup_key_bytes(self) -> bytes | None:
        """The key that seals what is secret in backups, 32 bytes, if it is set."""
        key = self.backup_key
        return None if key is None else bytes.fromhex(key.get_secret_value())

    @property
    def backup_folder(self) -> Path:
        """Where the server's own backups go, absolute."""
        folder = self.home / "backups" if self.backup_dir is None else self.backup_dir
        return folder.expanduser().absolute()

    @property
    def answers_all(self) -> bool | None:
        """Whether the local model answers a name that nobody has; None: while it is alone."""
        return {"auto": None, "local": True, "refuse": False}[self.unknown_models]

    @property
    def model_names(self) -> tuple[str, ...]:
        """All that may be loaded, the one of the start first."""
        return tuple(dict.fromkeys((self.model, *self.models)))

    @property
    def url(self) -> str:
        """Where a client on this machine reaches the server."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)  # noqa: S104
        return f"http://{host}:{self.port}"

    @property
    def home(self) -> Path:
        """`data_dir` with `~` expanded, absolute."""
        return self.data_dir.expanduser().absolute()


def _split(keys: SecretStr) -> list[str]:
    return [key for part in keys.get_secret_value().split(",") if (key := part.strip())]
