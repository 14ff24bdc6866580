"""`agent-memory providers`: the servers whose models answer beside our own."""

import os
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer
from pydantic import ValidationError

from agent_memory.api.schemas.providers import PriceBody, ProviderBody
from agent_memory.api.translators.providers_json import price_json, provider_json
from agent_memory.api.translators.providers_request import price_of, provider_of
from agent_memory.cli.options import AsJson, DataDir
from agent_memory.cli.output import console, print_json, print_table
from agent_memory.cli.provider_desk import at_desk
from agent_memory.errors import InvalidRequest, NotFound, UpstreamBroken
from agent_memory.gateway.configuration import GatewayConfig
from agent_memory.gateway.presets import PRESETS
from agent_memory.gateway.prices import SetPrice
from agent_memory.providers.far.desk import ProviderDesk

app = typer.Typer(no_args_is_help=True)

CUSTOM = "custom"
Name = Annotated[str, typer.Argument(help="Its name from `providers list`.")]


@app.command()
def add(
    provider: Annotated[
        str,
        typer.Argument(
            metavar="PROVIDER", help=f"{', '.join(PRESETS)}, or {CUSTOM} with --name and --url."
        ),
    ],
    key_env: Annotated[
        list[str] | None,
        typer.Option(
            "--key-env",
            metavar="VAR[=WEIGHT]",
            help="A variable that holds a key; repeat for several keys, which share the requests "
            "by weight.",
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="The models of a custom one are NAME/… then.")
    ] = None,
    dialect: Annotated[str | None, typer.Option(help="anthropic or openai.")] = None,
    url: Annotated[str | None, typer.Option(help="Below which its paths are.")] = None,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="It is on this machine or this network.")
    ] = False,
    allow_model: Annotated[
        list[str] | None,
        typer.Option(help="Only models of such names, as 'gpt-*'; repeat for several."),
    ] = None,
    block_model: Annotated[
        list[str] | None, typer.Option(help="No models of such names; repeat for several.")
    ] = None,
    priority: Annotated[
        int, typer.Option(help="Where several providers have a model, the higher is asked first.")
    ] = 0,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Add a provider, or change it. Its keys are sealed in the database and never shown again.

    A running server asks it within a second.
    """
    body = _body(
        {
            "name": name or (provider if provider != CUSTOM else ""),
            "dialect": dialect,
            "url": url,
            "keys": [_key(one) for one in key_env or ()] or None,
            "weights": [_weight(one) for one in key_env or ()] or None,
            "allow_private": allow_private or None,
            "allowed_models": allow_model,
            "blocked_models": block_model,
            "priority": priority,
        }
    )
    if provider != CUSTOM and provider not in PRESETS:
        raise InvalidRequest(
            f"'{provider}' is none of {', '.join(PRESETS)}. For any other server: providers add "
            f"{CUSTOM} --name {provider} --dialect openai --url …",
            "provider",
        )
    config = provider_of(body)

    async def put(desk: ProviderDesk) -> tuple[GatewayConfig, str | None]:
        await desk.put(config)
        fault = None
        try:
            await desk.check(config.name)
        except UpstreamBroken as error:
            fault = str(error)
        return await desk.config(), fault

    stored, fault = at_desk(data_dir, put)
    _show(stored, config.name, as_json=as_json)
    if fault is not None and not as_json:
        console().print(f"The list of its models could not be read yet: {fault}", soft_wrap=True)


@app.command(name="list")
def list_providers(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List the providers; of their keys the last four characters."""
    config = at_desk(data_dir, lambda desk: desk.config())
    shown = [provider_json(one, config) for _, one in sorted(config.providers.items())]
    if as_json:
        print_json(shown)
        return
    rows = [_row(one.name, config) for _, one in sorted(config.providers.items())]
    print_table(("NAME", "STATE", "DIALECT", "URL", "KEYS", "MODELS"), rows)


@app.command(name="test")
def check(name: Name, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Ask a provider for its models, with its key. The list is kept for `models list`."""
    num_models = at_desk(data_dir, lambda desk: desk.check(name))
    if as_json:
        print_json({"name": name, "ok": True, "num_models": num_models})
        return
    console().print(f"{name} answers and lists {num_models} models.")


@app.command()
def enable(name: Name, data_dir: DataDir = None) -> None:
    """Ask a provider again that was disabled."""
    at_desk(data_dir, lambda desk: desk.set_enabled(name, is_enabled=True))
    console().print(f"{name} is enabled.")


@app.command()
def disable(name: Name, data_dir: DataDir = None) -> None:
    """Ask a provider no more. Its keys are kept."""
    at_desk(data_dir, lambda desk: desk.set_enabled(name, is_enabled=False))
    console().print(f"{name} is disabled.")


@app.command()
def remove(name: Name, data_dir: DataDir = None) -> None:
    """Forget a provider and its keys."""
    at_desk(data_dir, lambda desk: desk.remove(name))
    console().print(f"{name} is removed.")


@app.command()
def price(
    name: Name,
    input_rate: Annotated[
        str, typer.Option("--input", help="Dollars for a million tokens of the prompt.")
    ],
    output_rate: Annotated[
        str, typer.Option("--output", help="Dollars for a million tokens of the answer.")
    ],
    model: Annotated[str, typer.Option(help="Its name there; '*' is all without their own.")] = "*",
    cache_read: Annotated[str | None, typer.Option(help="The same for tokens read cached.")] = None,
    cache_write: Annotated[str | None, typer.Option(help="The same for tokens cached.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Set a price from now on, instead of that of the bundled list. `local` is this machine."""
    body = PriceBody(
        provider=name,
        model=model,
        input=_decimal(input_rate),
        output=_decimal(output_rate),
        cache_read=None if cache_read is None else _decimal(cache_read),
        cache_write=None if cache_write is None else _decimal(cache_write),
        effective_from=datetime.now(UTC),
    )
    found: SetPrice = price_of(body)
    at_desk(data_dir, lambda desk: desk.put_price(found))
    if as_json:
        print_json(price_json(found))
        return
    console().print(f"{name}/{model}: {found.price_id} from now on.")


def _body(fields: dict[str, object]) -> ProviderBody:
    try:
        return ProviderBody.model_validate(
            {name: value for name, value in fields.items() if value is not None}
        )
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise InvalidRequest(f"{where}: {first['msg']}", where) from None


def _key(option: str) -> str:
    variable = option.partition("=")[0]
    if not (key := os.environ.get(variable, "").strip()):
        raise InvalidRequest(f"The variable {variable} is not set, or empty.", "key-env")
    return key


def _weight(option: str) -> int:
    weight = option.partition("=")[2] or "1"
    if not weight.isdecimal():
        raise InvalidRequest(f"'{weight}' is no weight: VAR=3, for instance.", "key-env")
    return int(weight)


def _decimal(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise InvalidRequest(f"'{text}' is no price.", "price") from None
    if not value.is_finite() or value < 0:
        raise InvalidRequest(f"'{text}' is no price.", "price")
    return value


def _show(config: GatewayConfig, name: str, *, as_json: bool) -> None:
    if name not in config.providers:
        raise NotFound("provider", name)
    if as_json:
        print_json(provider_json(config.providers[name], config))
        return
    kept = config.providers[name]
    keys = ", ".join(f"…{key.last_four}" for key in kept.keys) or "none"
    console().print(f"{name}: {kept.wire.value} at {kept.url}, keys {keys}.", soft_wrap=True)
    num_models = sum(model.provider == name for model in config.models)
    console().print(f"Its models are {name}/…; it lists {num_models}.")


def _row(name: str, config: GatewayConfig) -> tuple[str, ...]:
    one = config.providers[name]
    state = "enabled" if one.is_enabled else "disabled"
    num_models = sum(model.provider == name for model in config.models)
    keys = " ".join(f"…{key.last_four}({key.weight})" for key in one.keys)
    if one.is_from_environment:
        state += ", from the environment"
    return (name, state, one.wire.value, one.url, keys, str(num_models))
