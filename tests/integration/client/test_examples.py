"""Every public method has an example in its docstring, and the example runs."""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from agent_memory_client import (
    AsyncClient,
    AsyncContexts,
    AsyncFiles,
    AsyncMemory,
    AsyncSessions,
    AsyncUsage,
    Client,
    Contexts,
    Files,
    Memory,
    Sessions,
    Usage,
)

_EXAMPLE = re.compile(r"\n\s*Example::\n\n(?P<code>.*)\Z", re.DOTALL)
_WITHOUT = {"close", "aclose"}
SYNC = (Client, Memory, Sessions, Files)
ASYNC = (AsyncClient, AsyncMemory, AsyncSessions, AsyncFiles)
STORED, ASYNC_STORED = (Contexts, Usage), (AsyncContexts, AsyncUsage)


def examples(*classes: type) -> Iterator[Any]:
    for cls in classes:
        for name, method in vars(cls).items():
            if callable(method) and not name.startswith("_") and name not in _WITHOUT:
                yield pytest.param(method.__doc__ or "", id=f"{cls.__name__}.{name}")


def code_of(doc: str) -> str:
    found = _EXAMPLE.search(doc)
    assert found is not None, "no example"
    return textwrap.dedent(found["code"])


@pytest.mark.parametrize("doc", list(examples(*SYNC)))
def test_an_example_runs(doc: str, client: Client, tmp_path: Path) -> None:
    exec(code_of(doc), {"client": client, "folder": tmp_path})  # noqa: S102  our own examples


@pytest.mark.parametrize("doc", list(examples(*ASYNC)))
async def test_an_example_of_the_async_client_runs(
    doc: str, async_client: AsyncClient, tmp_path: Path
) -> None:
    await _run(doc, async_client, tmp_path)


@pytest.mark.parametrize("doc", list(examples(*STORED)))
def test_an_example_of_what_the_database_keeps_runs(
    doc: str, stored_client: Client, tmp_path: Path
) -> None:
    exec(code_of(doc), {"client": stored_client, "folder": tmp_path})  # noqa: S102  likewise


@pytest.mark.parametrize("doc", list(examples(*ASYNC_STORED)))
async def test_an_async_example_of_what_the_database_keeps_runs(
    doc: str, stored_async_client: AsyncClient, tmp_path: Path
) -> None:
    await _run(doc, stored_async_client, tmp_path)


async def _run(doc: str, client: AsyncClient, folder: Path) -> None:
    code = compile(code_of(doc), "example", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    outcome = eval(code, {"client": client, "folder": folder})  # noqa: S307  likewise
    if inspect.isawaitable(outcome):
        await outcome


def test_both_clients_have_the_same_methods() -> None:
    for sync, asynchronous in zip(SYNC + STORED, ASYNC + ASYNC_STORED, strict=True):
        names = {
            name.removeprefix("a") if name == "aclose" else name for name in vars(asynchronous)
        }
        assert {name for name in vars(sync) if not name.startswith("_")} == {
            name for name in names if not name.startswith("_")
        }
