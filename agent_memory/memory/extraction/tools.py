"""Which tools do the same work: one of them takes the place of another, and of nothing else."""

import re

_CATEGORIES = {
    "javascript package manager": "npm|yarn|pnpm|bun|bower|deno",
    "python package manager": "poetry|uv|pip|pipenv|pdm|conda|hatch|rye|pip-tools",
    "system package manager": "apt|brew|homebrew|dnf|yum|pacman|nix|apk",
    "database": (
        "postgresql|postgres|mysql|mariadb|sqlite|mongodb|oracle|sql server|cockroachdb|dynamodb|"
        "cassandra|duckdb|firestore|couchdb"
    ),
    "cache": "redis|valkey|memcached|dragonfly|elasticache|hazelcast",
    "queue": "rabbitmq|nats|kafka|sqs|pulsar|celery|dramatiq|sidekiq|rq|redpanda|activemq",
    "ci": (
        "jenkins|github actions|gitlab ci|circleci|travis|travis ci|buildkite|teamcity|drone|"
        "woodpecker"
    ),
    "linter": "flake8|ruff|eslint|biome|pylint|oxlint|golangci-lint|clippy|tslint",
    "formatter": "black|prettier|ruff format|yapf|gofmt|dprint|rustfmt|clang-format",
    "bundler": "webpack|vite|rollup|esbuild|parcel|turbopack|rspack",
    "test runner": "pytest|tox|nose|nose2|jest|vitest|mocha|nox|ava|unittest|karma",
    "infrastructure": "terraform|pulumi|cdk|opentofu|cloudformation|ansible",
    "type checker": "mypy|pyright|pyre|ty",
    "build tool": "bazel|make|gradle|maven|ninja|cmake|just|buck2|sbt|meson",
    "language": (
        "python|go|rust|java|kotlin|typescript|javascript|ruby|php|scala|c#|c++|swift|elixir|dart"
    ),
    "search": "elasticsearch|opensearch|solr|meilisearch|typesense|algolia",
    "orm": "sqlalchemy|django orm|prisma|typeorm|hibernate|drizzle|sequelize|peewee",
    "web framework": "fastapi|flask|django|express|starlette|litestar|nestjs|rails|spring boot",
    "frontend": "react|vue|svelte|angular|solid|preact|htmx",
    "container runtime": "docker|podman|containerd|nerdctl",
    "observability": "datadog|grafana|loki|new relic|honeycomb|prometheus|splunk|kibana|tempo",
}
_CATEGORY_OF = {tool: name for name, tools in _CATEGORIES.items() for tool in tools.split("|")}
_WORD = re.compile(r"[\w./#+-]+")
SINGULAR = frozenset(
    {
        "javascript package manager",
        "python package manager",
        "linter",
        "formatter",
        "bundler",
        "ci",
        "type checker",
        "orm",
    }
)
"""Of these a project has one, so that its name is a subject by itself."""


def category_of(value: str) -> str | None:
    """Of a tool by its name, with or without a version; None for what is not known."""
    words = _WORD.findall(value.lower())
    for num_words in (3, 2, 1):
        found = _CATEGORY_OF.get(" ".join(words[:num_words]).rstrip(".,;:!"))
        if found is not None:
            return found
    return None
