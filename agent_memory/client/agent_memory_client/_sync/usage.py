"""Usage: what was asked of models, and what it cost."""

from collections.abc import Sequence

from agent_memory_client import usage_results
from agent_memory_client._sync.transport import Transport


class Usage:
    """Of the key, or of its whole workspace. Days are in UTC, as in `2026-01-31`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def me(
        self, *, first_day: str | None = None, last_day: str | None = None
    ) -> usage_results.KeyUsage:
        """What this key has used, by day, and what its budgets have left; any key may ask.

        Example::

            client.sessions.create("trip")
            client.sessions.turn("trip", "What is the capital of France?")
            used = client.usage.me()
            assert all(day.num_requests > 0 for day in used.days)
        """
        params = {"from": first_day, "to": last_day}
        return usage_results.read_key_usage(
            self._transport.call("GET", "/v1/usage/me", params=params)
        )

    def rows(
        self,
        *by: str,
        first_day: str | None = None,
        last_day: str | None = None,
    ) -> Sequence[usage_results.UsageRow]:
        """The usage of the workspace, added up by any of day, key, provider, model, agent and
        session; by day unless it is said. Needs the scope `admin`.

        Example::

            rows = client.usage.rows("day", "model")
            assert all(set(row.by) == {"day", "model"} for row in rows)
        """
        params = {"by": ",".join(by) or "day", "from": first_day, "to": last_day}
        sent = self._transport.call("GET", "/v1/usage", params=params)
        return [usage_results.read_row(row) for row in sent["data"]]

    def ledger(
        self,
        *,
        key_id: str | None = None,
        session_id: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> usage_results.LedgerPage:
        """One entry for each request, the newest first. Needs the scope `admin`.

        Example::

            page = client.usage.ledger(limit=10)
            assert len(page.entries) <= 10
        """
        params = {"key_id": key_id, "session_id": session_id, "cursor": cursor, "limit": limit}
        return usage_results.read_ledger(
            self._transport.call("GET", "/v1/admin/ledger", params=params)
        )
