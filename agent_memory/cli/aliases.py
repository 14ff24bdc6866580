"""`agent-memory models alias`: names that stand for one of several models."""

from typing import Annotated

import typer

from agent_memory.api.translators.providers_json import alias_json
from agent_memory.cli.options import AsJson, DataDir
from agent_memory.cli.output import console, print_json, print_table
from agent_memory.cli.provider_desk import at_desk
from agent_memory.errors import InvalidRequest
from agent_memory.gateway.configuration import Alias, AliasTarget

Target = Annotated[
    list[str],
    typer.Argument(
        metavar="MODEL[=WEIGHT]...",
        help="provider/model, or a model of this machine; several share the requests by weight.",
    ),
]


def alias(
    name: Annotated[str, typer.Argument(help="The name that clients send.")],
    targets: Target,
    fallback: Annotated[
        list[str] | None,
        typer.Option(help="Asked when all of them have failed; repeat, in their order."),
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Let a name stand for one of several models. Given again, it takes the place of the old."""
    found = Alias(name, tuple(map(_target, targets)), tuple(fallback or ()))
    at_desk(data_dir, lambda desk: desk.put_alias(found))
    if as_json:
        print_json(alias_json(found))
        return
    console().print(f"{name} stands for {', '.join(one.model for one in found.targets)}.")


def aliases(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List the aliases."""
    config = at_desk(data_dir, lambda desk: desk.config())
    if as_json:
        print_json([alias_json(one) for one in config.aliases.values()])
        return
    rows: list[tuple[str, ...]] = [
        (
            one.name,
            " ".join(f"{target.model}={target.weight}" for target in one.targets),
            " ".join(one.fallbacks),
        )
        for one in config.aliases.values()
    ]
    print_table(("NAME", "TARGETS", "FALLBACKS"), rows)


def unalias(
    name: Annotated[str, typer.Argument(help="The alias.")], data_dir: DataDir = None
) -> None:
    """Remove an alias."""
    at_desk(data_dir, lambda desk: desk.remove_alias(name))
    console().print(f"{name} stands for nothing any more.")


def _target(text: str) -> AliasTarget:
    model, mark, weight = text.rpartition("=")
    if not mark:
        return AliasTarget(text)
    if not weight.isdecimal() or not 1 <= int(weight) <= 1000 or not model:
        raise InvalidRequest(f"'{text}': a weight is between 1 and 1000.", "targets")
    return AliasTarget(model, int(weight))
