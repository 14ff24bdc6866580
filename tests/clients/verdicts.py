"""Which release of a client broke what."""

from collections.abc import Sequence

from tests.clients.releases import Release


def verdict(release: Release, last: str, broken: Sequence[str]) -> str:
    """One line on a release. last: the last one that passed; broken: the tests that failed."""
    if not broken:
        is_news = release.version != last
        return f"{release} passes{f': enter it in place of {last}' if is_news else ''}"
    fault = "fails, and passed before" if release.version == last else f"fails, {last} passed"
    return f"{release} {fault}: {', '.join(broken)}"
