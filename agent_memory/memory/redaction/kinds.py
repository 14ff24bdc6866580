"""The kinds of data that can be found in a text and removed from it."""

from enum import StrEnum


class RedactionKind(StrEnum):
    """The word that stands in the mark, in the policy and in the report."""

    # Keys that are known by their form.
    ANTHROPIC_KEY = "anthropic_key"
    OPENAI_KEY = "openai_key"
    OPENROUTER_KEY = "openrouter_key"
    AGENT_MEMORY_KEY = "agent_memory_key"
    AWS_KEY = "aws_key"
    AWS_SECRET = "aws_secret"  # noqa: S105  the name of a kind
    AZURE_KEY = "azure_key"
    GOOGLE_KEY = "google_key"
    GITHUB_TOKEN = "github_token"  # noqa: S105
    GITLAB_TOKEN = "gitlab_token"  # noqa: S105
    SLACK_TOKEN = "slack_token"  # noqa: S105
    DISCORD_TOKEN = "discord_token"  # noqa: S105
    TELEGRAM_TOKEN = "telegram_token"  # noqa: S105
    STRIPE_KEY = "stripe_key"
    TWILIO_KEY = "twilio_key"
    SENDGRID_KEY = "sendgrid_key"
    NPM_TOKEN = "npm_token"  # noqa: S105
    PYPI_TOKEN = "pypi_token"  # noqa: S105
    HUGGINGFACE_TOKEN = "huggingface_token"  # noqa: S105
    DATABRICKS_TOKEN = "databricks_token"  # noqa: S105
    VAULT_TOKEN = "vault_token"  # noqa: S105
    DIGITALOCEAN_TOKEN = "digitalocean_token"  # noqa: S105
    SERVICE_KEY = "service_key"
    """A token of one of some forty further services, known by its prefix."""
    JWT = "jwt"
    PRIVATE_KEY = "private_key"
    # Secrets that are known by where they stand.
    CONNECTION_PASSWORD = "connection_password"  # noqa: S105
    AUTHORIZATION = "authorization"
    COOKIE = "cookie"
    CREDENTIAL = "credential"
    """The value of something that is called password, token, secret, key."""
    HIGH_ENTROPY = "high_entropy"
    """A long random word that nothing explains."""
    # Personal data.
    EMAIL = "email"
    CARD = "card"
    PHONE = "phone"
    IP_ADDRESS = "ip_address"


PERSONAL = frozenset(
    {RedactionKind.EMAIL, RedactionKind.CARD, RedactionKind.PHONE, RedactionKind.IP_ADDRESS}
)
SECRETS = frozenset(RedactionKind) - PERSONAL
DEFAULT_KINDS = frozenset(RedactionKind) - {RedactionKind.IP_ADDRESS}
"""Addresses of machines stay: in logs they are what a failure is about more often than whom."""
