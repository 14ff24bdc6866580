"""Where the file lies that `serve run` takes."""

from pathlib import Path

_NAME = "serve.yaml"


def serve_file() -> Path:
    """`cluster/serve.yaml`: an installed package has it beside this module, a copy of the project
    in its own folder."""
    installed = Path(__file__).with_name(_NAME)
    return installed if installed.is_file() else Path(__file__).parents[2] / "cluster" / _NAME
