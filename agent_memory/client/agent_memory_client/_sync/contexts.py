"""Contexts: named documents with versions that agents share."""

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from agent_memory_client import context_results as results
from agent_memory_client._sync.archives import pieces_of, save
from agent_memory_client._sync.changes import changes
from agent_memory_client._sync.transport import Transport

_PATH = "/v1/contexts"
_MERGE_PATCH = "application/merge-patch+json"
_JSON_PATCH = "application/json-patch+json"


class Contexts:
    """The contexts of the key's workspace. Needs the scope `contexts`.

    expected_version: the one that was read; where the context is at another one meanwhile, nothing
    is written, and `Outdated` says which. 0 expects that there is none yet.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def put(
        self,
        key: str,
        data: Any,
        *,
        expected_version: int | None = None,
        format: str | None = None,  # noqa: A002  the server's word
        media_type: str | None = None,
        tags: Sequence[str] | None = None,
        metadata: Mapping[str, Any] | None = None,
        ttl_s: int | None = None,
        encrypt: bool | None = None,
    ) -> results.Receipt:
        """Write a new context, or a new version. A string is kept as text, bytes as bytes, all else
        as JSON; `format="json"` keeps a string as JSON too.

        Example::

            first = client.contexts.put("plan", {"goal": "ship 1.0"}, expected_version=0)
            again = client.contexts.put("plan", {"goal": "ship 1.1"}, tags=["release"])
            assert (first.change, again.version) == ("stored", first.version + 1)
        """
        form = format or _format_of(data)
        body = {
            "data": b64encode(data).decode() if isinstance(data, bytes) else data,
            "format": form,
            "media_type": media_type,
            "tags": None if tags is None else list(tags),
            "metadata": metadata,
            "ttl_s": ttl_s,
            "encrypt": encrypt,
        }
        given = {name: one for name, one in body.items() if one is not None or name == "data"}
        headers = _expecting(expected_version)
        return results.read_receipt(
            self._transport.call("PUT", _of(key), given, key="new", headers=headers)
        )

    def get(self, key: str, *, version: int | None = None) -> results.Context:
        """The present content, or that of another version.

        Example::

            client.contexts.put("plan", "Ship in May.")
            assert client.contexts.get("plan").data == "Ship in May."
        """
        params = {"version": version}
        return results.read_context(self._transport.call("GET", _of(key), params=params))

    def patch(
        self,
        key: str,
        patch: Mapping[str, Any] | Sequence[Mapping[str, Any]],
        *,
        expected_version: int | None = None,
    ) -> results.Receipt:
        """Change parts of JSON: a mapping is a merge patch (RFC 7396), a list a JSON Patch (6902).

        Example::

            client.contexts.put("plan", {"goal": "ship", "steps": ["test"]})
            client.contexts.patch("plan", {"owner": "Ann"})
            step = {"op": "add", "path": "/steps/-", "value": "tag"}
            client.contexts.patch("plan", [step])
            changed = client.contexts.get("plan")
            assert changed.data == {"goal": "ship", "steps": ["test", "tag"], "owner": "Ann"}
        """
        kind = _MERGE_PATCH if isinstance(patch, Mapping) else _JSON_PATCH
        headers = {"Content-Type": kind, **_expecting(expected_version)}
        body = patch if isinstance(patch, Mapping) else list(patch)
        return results.read_receipt(
            self._transport.call("PATCH", _of(key), body, key="new", headers=headers)
        )

    def list(
        self,
        prefix: str = "",
        *,
        tags: Sequence[str] = (),
        cursor: str | None = None,
        limit: int = 100,
    ) -> results.ContextPage:
        """A page of contexts, by key, without their content.

        Example::

            client.contexts.put("team/plan", "Ship in May.", tags=["release"])
            page = client.contexts.list("team/", tags=["release"])
            assert [info.key for info in page.items] == ["team/plan"]
        """
        params = {"prefix": prefix, "tag": [*tags] or None, "cursor": cursor, "limit": limit}
        return results.read_page(self._transport.call("GET", _PATH, params=params))

    def search(
        self,
        query: str,
        *,
        prefix: str = "",
        tags: Sequence[str] = (),
        mode: str = "both",
        limit: int = 10,
    ) -> Sequence[results.ContextHit]:
        """The best contexts for a query, by `words`, by `meaning`, or by `both`.

        Example::

            client.contexts.put("plan", "We ship release 1.0 on Friday.")
            [hit] = client.contexts.search("release on Friday", mode="words")
            assert hit.info.key == "plan"
        """
        body = {"query": query, "prefix": prefix, "tags": [*tags], "mode": mode, "limit": limit}
        sent = self._transport.call("POST", f"{_PATH}/search", body)
        return [results.read_hit(one) for one in sent["data"]]

    def versions(
        self, key: str, *, cursor: str | None = None, limit: int = 100
    ) -> results.ContextPage:
        """The versions that are kept, the newest first.

        Example::

            client.contexts.put("plan", "Ship in May.")
            client.contexts.put("plan", "Ship in June.")
            page = client.contexts.versions("plan")
            assert [info.version for info in page.items] == [2, 1]
        """
        params = {"cursor": cursor, "limit": limit}
        path = f"{_of(key)}/versions"
        return results.read_page(self._transport.call("GET", path, params=params))

    def diff(
        self, key: str, *, before: int | None = None, after: int | None = None
    ) -> results.ContextDiff:
        """What `after` has that `before` has not; by default the last two versions.

        Example::

            client.contexts.put("plan", {"goal": 1})
            client.contexts.put("plan", {"goal": 2})
            found = client.contexts.diff("plan")
            assert found.diff == [{"op": "replace", "path": "/goal", "value": 2}]
        """
        params = {"from": before, "to": after}
        path = f"{_of(key)}/diff"
        return results.read_diff(self._transport.call("GET", path, params=params))

    def rollback(
        self, key: str, version: int, *, expected_version: int | None = None
    ) -> results.Receipt:
        """A new version with the content, tags and metadata of an earlier one.

        Example::

            client.contexts.put("plan", "Ship in May.")
            client.contexts.put("plan", "Ship in June.")
            assert client.contexts.rollback("plan", 1).version == 3
        """
        return results.read_receipt(
            self._transport.call(
                "POST",
                f"{_of(key)}/rollback",
                {"version": version},
                key="new",
                headers=_expecting(expected_version),
            )
        )

    def delete(
        self,
        key: str,
        *,
        expected_version: int | None = None,
        erase: bool = False,
    ) -> None:
        """Its versions stay for 30 days, out of reach; with `erase` nothing of them stays.

        Example::

            client.contexts.put("plan", "Ship in May.")
            client.contexts.delete("plan")
            assert client.contexts.list().items == ()
        """
        params = {"erase": "true" if erase else None}
        headers = _expecting(expected_version)
        self._transport.call("DELETE", _of(key), params=params, key="new", headers=headers)

    def batch(
        self, operations: Sequence[Mapping[str, Any]], *, atomic: bool = False
    ) -> results.BatchDone:
        """Several of put, patch, get and delete in one request; `atomic` does all of them or none.

        Example::

            done = client.contexts.batch(
                [
                    {"op": "put", "key": "plan", "data": {"goal": "ship"}},
                    {"op": "get", "key": "plan"},
                ],
                atomic=True,
            )
            assert done.results[1]["data"] == {"goal": "ship"}
        """
        body = {"operations": [dict(one) for one in operations], "atomic": atomic}
        sent = self._transport.call("POST", f"{_PATH}/batch", body, key="new")
        return results.read_batch(sent)

    @contextmanager
    def watch(
        self,
        *keys: str,
        since: int | None = None,
    ) -> Iterator[Iterator[results.WatchEvent]]:
        """Changes of contexts as they happen; a key may end with a star. since: the number of the
        last change that is known. A connection that is cut is opened again after the last change
        that came; before there was any, the cut is `BrokenOff`.

        Example::

            client.contexts.put("team/plan", "Ship in May.")
            with client.contexts.watch("team/*", since=0) as events:
                for event in events:
                    assert (event.key, event.change) == ("team/plan", "stored")
                    break
        """
        events = changes(self._transport, keys, since)
        try:
            yield events
        finally:
            events.close()

    def export(
        self,
        file: str | Path,
        *,
        prefix: str = "",
        with_versions: bool = False,
        decrypt: bool = False,
        compression: str = "none",
    ) -> Path:
        """Write contexts to a file, one line a version. compression: `none`, `gzip` or `zstd`.

        Example::

            client.contexts.put("team/plan", "Ship in May.")
            file = client.contexts.export(folder / "team.jsonl", prefix="team/")
            assert "team/plan" in file.read_text()
        """
        path = Path(file)
        params = {
            "prefix": prefix,
            "versions": "true" if with_versions else None,
            "decrypt": "true" if decrypt else None,
            "compression": compression,
        }
        with self._transport.open("GET", f"{_PATH}/export", params=params) as response:
            save(response, path)
        return path

    def import_(self, file: str | Path, *, mode: str = "fail") -> results.ContextsImported:
        """Contexts out of an exported file, compressed or not. mode: what becomes of a key that
        exists: `fail`, `skip` or `overwrite`. It is sent once; nothing is tried again.

        Example::

            client.contexts.put("team/plan", "Ship in May.")
            file = client.contexts.export(folder / "team.jsonl")
            done = client.contexts.import_(file, mode="skip")
            assert (done.num_contexts, done.num_skipped) == (0, 1)
        """
        with self._transport.open(
            "POST", f"{_PATH}/import", params={"mode": mode}, content=pieces_of(Path(file))
        ) as response:
            response.read()
            return results.read_imported(response.json())


def _of(key: str) -> str:
    """A last segment that a route of ours has for a name is told apart by its percent sign."""
    return f"{_PATH}/{quote(key, safe='')}"


def _format_of(data: Any) -> str:
    if isinstance(data, bytes):
        return "bytes"
    return "text" if isinstance(data, str) else "json"


def _expecting(version: int | None) -> dict[str, str]:
    if version is None:
        return {}
    return {"If-None-Match": "*"} if version == 0 else {"If-Match": f'"{version}"'}
