"""Coding agents that people have on their machines, and how each is told to use a server.

Each takes what it needs from its environment or its command line, so that no file of its own, or of
the user's, is written or changed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import orjson

KEY_VARIABLE = "AGENT_MEMORY_KEY"
"""Where the agents that read their key from the environment are told to look."""

_PREAMBLE_TOKENS = 65_536
"""Of a smaller window, instructions and tools of Claude Code take so much that it would summarise a
conversation after every turn."""

_CLAUDE_ROLES = (
    "ANTHROPIC_MODEL",
    "ANTHROPIC_SMALL_FAST_MODEL",
    "ANTHROPIC_DEFAULT_OPUS_MODEL",
    "ANTHROPIC_DEFAULT_SONNET_MODEL",
    "ANTHROPIC_DEFAULT_HAIKU_MODEL",
)


@dataclass(frozen=True, slots=True)
class Served:
    """What an agent is to use. `window`: of the model, in tokens; 0 where nobody knows it."""

    url: str
    key: str
    model: str
    window: int


@dataclass(frozen=True, slots=True)
class Invocation:
    """How an agent is called: arguments before the user's own, and changes of the environment.

    variables: always set. defaults: set where the user has not set them. removed: taken away, for
    they would lead elsewhere.
    """

    arguments: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    removed: tuple[str, ...] = ()

    def environment(self, own: Mapping[str, str]) -> dict[str, str]:
        """The environment of the agent; `own` is that of the user."""
        kept = {name: value for name, value in own.items() if name not in self.removed}
        return {**self.defaults, **kept, **self.variables}


@dataclass(frozen=True, slots=True)
class CodingAgent:
    """One agent. `package` is its name at npm."""

    title: str
    program: str
    package: str
    invocation: Callable[[Served], Invocation]

    @property
    def how_to_install(self) -> str:
        return (
            f"{self.title} is not installed: there is no command '{self.program}'. Install it with "
            f"`npm install -g {self.package}` (npm comes with Node.js, https://nodejs.org)."
        )


def claude(served: Served) -> Invocation:
    """Claude Code: all its roles are played by the one model."""
    return Invocation(
        variables={
            "ANTHROPIC_BASE_URL": served.url,
            "ANTHROPIC_AUTH_TOKEN": served.key,
            **dict.fromkeys(_CLAUDE_ROLES, served.model),
        },
        defaults={"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", **_claude_window(served.window)},
        removed=("ANTHROPIC_API_KEY", "CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX"),
    )


def codex(served: Served) -> Invocation:
    """Codex, over the Responses API."""
    provider = {
        "name": "agent_memory",
        "base_url": f"{served.url}/v1",
        "env_key": KEY_VARIABLE,
        "wire_api": "responses",
        "model_catalog_url": f"{served.url}/v1/models",
    }
    fields = ",".join(f"{name}={_toml(value)}" for name, value in provider.items())
    options = [
        'model_provider="agent_memory"',
        f"model_providers.agent_memory={{{fields}}}",
        f"model={_toml(served.model)}",
        *([f"model_context_window={served.window}"] if served.window else []),
    ]
    arguments = tuple(word for option in options for word in ("-c", option))
    return Invocation(arguments, variables={KEY_VARIABLE: served.key})


def opencode(served: Served) -> Invocation:
    """opencode, over the Chat Completions API."""
    limit = {"context": served.window, "output": _answer_tokens(served.window)}
    model: dict[str, object] = {"name": served.model, **({"limit": limit} if served.window else {})}
    name = f"agent-memory/{served.model}"
    config = {
        "provider": {
            "agent-memory": {
                "npm": "@ai-sdk/openai-compatible",
                "name": "agent_memory",
                "options": {"baseURL": f"{served.url}/v1", "apiKey": f"{{env:{KEY_VARIABLE}}}"},
                "models": {served.model: model},
            }
        },
        "model": name,
        "small_model": name,
    }
    return Invocation(
        variables={
            KEY_VARIABLE: served.key,
            "OPENCODE_CONFIG_CONTENT": orjson.dumps(config).decode(),
        }
    )


AGENTS = {
    "claude": CodingAgent("Claude Code", "claude", "@anthropic-ai/claude-code", claude),
    "codex": CodingAgent("Codex", "codex", "@openai/codex", codex),
    "opencode": CodingAgent("opencode", "opencode", "opencode-ai", opencode),
}


def _claude_window(window: int) -> dict[str, str]:
    """Claude Code takes the window of a model that it does not know for a million tokens."""
    if not window:
        return {}
    told = {
        "CLAUDE_CODE_MAX_CONTEXT_TOKENS": str(window),
        "CLAUDE_CODE_MAX_OUTPUT_TOKENS": str(_answer_tokens(window)),
    }
    return {**told, "DISABLE_AUTO_COMPACT": "1"} if window < _PREAMBLE_TOKENS else told


def _answer_tokens(window: int) -> int:
    return min(32_000, max(1, window // 8))


def _toml(text: str) -> str:
    """A basic string of TOML, which JSON's strings are too."""
    return orjson.dumps(text).decode()
