"""What the server says of itself while it starts."""

import httpx

_TIMEOUT_S = 5


def health_problem(url: str) -> str | None:
    """What `/health/ready` complains of, or None when it does not. Proxies of the environment are
    for the world outside."""
    try:
        answer = httpx.get(f"{url}/health/ready", timeout=_TIMEOUT_S, trust_env=False)
    except httpx.HTTPError as error:
        return str(error)
    return None if answer.is_success else answer.text
