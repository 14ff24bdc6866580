"""The doctor's checks of the machine: platform, memory, files, disk."""

import os
import resource
import shutil
from pathlib import Path

from agent_memory.cli.finding import Finding, fail, ok, warn

OLDEST_PYTHON = (3, 11)
NEWEST_PYTHON = (3, 14)
"""The newest that Ray and others have wheels for."""
GIB = 1024**3
LEAST_MEMORY = 2 * GIB
COMFORTABLE_MEMORY = 4 * GIB
LEAST_DISK = 1 * GIB
COMFORTABLE_OPEN_FILES = 4096


def check_python(version: tuple[int, int]) -> Finding:
    number = ".".join(str(part) for part in version)
    if OLDEST_PYTHON <= version <= NEWEST_PYTHON:
        return ok("python", number)
    age = "old" if version < OLDEST_PYTHON else "new"
    return fail("python", f"{number} is too {age}", "Install Python 3.11, 3.12, 3.13 or 3.14.")


def check_platform(system: str, machine: str) -> Finding:
    """`system` and `machine` as `platform` names them."""
    detail = f"{system} {machine}"
    match system, machine:
        case ("Linux", "x86_64" | "aarch64") | ("Darwin", "arm64"):
            return ok("platform", detail)
        case ("Darwin", _):
            return fail("platform", detail, "MLX runs on Apple Silicon; use such a Mac or Linux.")
        case _:
            return fail("platform", detail, "Use macOS on Apple Silicon, or Linux (also in WSL2).")


def check_memory(total: int) -> Finding:
    """`total`: bytes of physical memory."""
    detail = f"{total / GIB:.1f} GiB"
    if total < LEAST_MEMORY:
        return fail("memory", detail, "Ray, PostgreSQL and the smallest model need 2 GiB.")
    if total < COMFORTABLE_MEMORY:
        return warn("memory", detail, "Lower AGENT_MEMORY_RESIDENT_BUDGET, "
                    "AGENT_MEMORY_AT_REST_BUDGET and the number of live sessions "
                    "(AGENT_MEMORY_MAX_LIVE_SESSIONS).")  # fmt: skip
    return ok("memory", detail)


def physical_memory() -> int:
    """Bytes of physical memory."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def check_open_files(limit: int) -> Finding:
    """limit: the hard one, up to which a server raises its own."""
    if limit == resource.RLIM_INFINITY:
        return ok("open files", "unlimited")
    if limit < COMFORTABLE_OPEN_FILES:
        return warn(
            "open files",
            f"limit {limit}",
            "Raise the hard limit: `ulimit -H -n 65536` as root, or in /etc/security/limits.conf.",
        )
    return ok("open files", f"limit {limit}")


def check_data_dir(home: Path) -> Finding:
    """Whether `home`, or the folder that it would be made in, can be written."""
    folder = nearest_folder(home)
    if not folder.is_dir():
        return fail("data directory", f"{folder} is not a folder", "Choose another --data-dir.")
    if not os.access(folder, os.W_OK | os.X_OK):
        return fail(
            "data directory",
            f"{folder} is not writable",
            "Choose another --data-dir, or make this one yours with chown.",
        )
    return ok("data directory", str(home))


def check_disk(home: Path, shelf_budget: int) -> Finding:
    """Room for KV blocks on the disk of `home`; `shelf_budget` in bytes."""
    free = shutil.disk_usage(nearest_folder(home)).free
    detail = f"{free / GIB:.1f} GiB free"
    if free < LEAST_DISK:
        return fail("disk", detail, "Free some space, or choose another --data-dir.")
    if free < shelf_budget:
        return warn(
            "disk",
            f"{detail}, less than the shelf may take ({shelf_budget / GIB:.1f} GiB)",
            "Lower AGENT_MEMORY_SHELF_BUDGET (bytes).",
        )
    return ok("disk", detail)


def nearest_folder(path: Path) -> Path:
    """`path` itself or the closest of its parents that exists."""
    return next(place for place in (path, *path.parents) if place.exists())
