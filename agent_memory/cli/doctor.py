"""`agent-memory doctor`."""

import platform
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from agent_memory.cli.backup_check import check_backup
from agent_memory.cli.failures import EXIT_FAILED
from agent_memory.cli.finding import Finding, Outcome
from agent_memory.cli.machine_checks import (
    check_data_dir,
    check_disk,
    check_memory,
    check_open_files,
    check_platform,
    check_python,
    physical_memory,
)
from agent_memory.cli.options import AsJson, DataDir, load_settings
from agent_memory.cli.output import console, print_json
from agent_memory.cli.running import find_server
from agent_memory.cli.server_checks import (
    check_chosen_model,
    check_database,
    check_port,
    check_template,
)
from agent_memory.cli.software_checks import check_haproxy, check_mlx, check_openblas, check_ray
from agent_memory.device.mlx_backend import installed_backends, nvidia_gpus
from agent_memory.host.open_files import most_open_files
from agent_memory.settings import Settings

app = typer.Typer()

STYLES = {Outcome.OK: "green", Outcome.WARN: "yellow", Outcome.FAIL: "bold red"}


@app.command()
def doctor(
    data_dir: DataDir = None,
    port: Annotated[int | None, typer.Option(help="As for serve.", show_default=False)] = None,
    model: Annotated[str | None, typer.Option(help="As for serve.", show_default=False)] = None,
    as_json: AsJson = False,
) -> None:
    """Check this machine and name remedies. Exits with 1 when something fails."""
    findings = examine(load_settings(data_dir=data_dir, port=port, model=model))
    if as_json:
        print_json({"ok": _is_well(findings), "checks": findings})
    else:
        _print(findings)
    if not _is_well(findings):
        raise typer.Exit(EXIT_FAILED)


def examine(settings: Settings) -> list[Finding]:
    """All checks, those of the machine first."""
    system, home = platform.system(), settings.home
    return [
        check_python(sys.version_info[:2]),
        check_platform(system, platform.machine()),
        check_memory(physical_memory()),
        check_open_files(most_open_files()),
        check_data_dir(home),
        check_disk(home, settings.shelf_budget),
        check_port(settings, find_server(settings)),
        check_ray(),
        check_mlx(installed_backends(), nvidia_gpus()),
        check_openblas(system),
        check_haproxy(),
        check_database(settings.database_url),
        check_backup(settings),
        check_chosen_model(settings.model),
        check_template(settings.model),
    ]


def _is_well(findings: Sequence[Finding]) -> bool:
    return all(finding.outcome is not Outcome.FAIL for finding in findings)


def _print(findings: Sequence[Finding]) -> None:
    out = console()
    for finding in findings:
        out.print(f"{finding.outcome:<5}", style=STYLES[finding.outcome], end="")
        out.print(f"{finding.name:<16}{finding.detail}", soft_wrap=True)
        if finding.remedy is not None:
            out.print(f"     {'':<16}-> {finding.remedy}", soft_wrap=True)
