"""A model's files: whether they can be served, before anything is loaded, and where they are."""

import json
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError

from agent_memory.errors import ModelNotUsable

_TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "tiktoken.model", "vocab.json")
_FETCHED = ("*.json", "model*.safetensors", "tokenizer.model", "*.tiktoken", "*.txt", "*.jinja")
_MAX_HEADER = 100 * 1024 * 1024


def check_model(folder: Path) -> None:
    """Raise `ModelNotUsable`, saying what is missing or broken, unless `folder` holds a model.

    Reads the configuration and the headers of the weights; loads nothing.
    """
    if not folder.is_dir():
        raise ModelNotUsable(str(folder), "there is no such folder")
    config = _read_config(folder)
    _check_model_type(folder, config)
    if not any((folder / name).is_file() for name in _TOKENIZER_FILES):
        raise ModelNotUsable(str(folder), "it has no tokenizer (tokenizer.json or tokenizer.model)")
    weights = sorted(folder.glob("model*.safetensors"))
    if not weights:
        raise ModelNotUsable(str(folder), "it has no weights (model*.safetensors)")
    for path in weights:
        _check_weights(folder, path)
    _check_index(folder, weights)


def fetch_model(name: str, cache: Path) -> Path:
    """The folder of the model `name`: a folder as it is, or a hub id, downloaded into `cache`.

    Raises `ModelNotUsable` when there is no such model or the hub cannot be reached.
    """
    if (folder := Path(name).expanduser()).is_dir():
        return folder
    if name.startswith(("/", "~", ".")) or name.count("/") != 1:
        raise ModelNotUsable(
            name,
            "it is neither a folder here nor a hub id such as mlx-community/Qwen3-0.6B-4bit",
        )
    try:
        return Path(snapshot_download(name, cache_dir=cache, allow_patterns=list(_FETCHED)))
    except HFValidationError as error:
        raise ModelNotUsable(name, f"it is no hub id ({error})") from error
    except HfHubHTTPError as error:
        raise ModelNotUsable(
            name,
            f"the hub refuses it ({error}); check the name, and HF_TOKEN if it is gated",
        ) from error
    except (OSError, ValueError, RuntimeError) as error:
        raise ModelNotUsable(
            name,
            f"it is not in {cache} and the hub cannot be reached ({error}); connect to it, "
            "or give the folder of a downloaded model",
        ) from error


def find_model(name: str, cache: Path) -> Path | None:
    """As `fetch_model`, without asking the hub; None when it is not on this machine."""
    if (folder := Path(name).expanduser()).is_dir():
        return folder
    try:
        return Path(snapshot_download(name, cache_dir=cache, local_files_only=True))
    except (HFValidationError, HfHubHTTPError, OSError, ValueError, RuntimeError):
        return None


def _read_config(folder: Path) -> dict[str, Any]:
    path = folder / "config.json"
    try:
        config = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise ModelNotUsable(str(folder), "it has no config.json") from error
    except OSError as error:
        raise ModelNotUsable(str(folder), f"config.json cannot be read ({error})") from error
    except ValueError as error:
        raise ModelNotUsable(str(folder), f"config.json is not valid JSON ({error})") from error
    if not isinstance(config, dict):
        raise ModelNotUsable(str(folder), "config.json is not a JSON object")
    return config


def _check_model_type(folder: Path, config: dict[str, Any]) -> None:
    model_type = config.get("model_type")
    if not isinstance(model_type, str) or not model_type:
        raise ModelNotUsable(str(folder), "config.json names no model_type")
    if "model_file" in config:
        raise ModelNotUsable(str(folder), "it wants to run Python code of its own (model_file)")
    if not _is_known(model_type):
        raise ModelNotUsable(str(folder), f"mlx-lm knows no model_type '{model_type}'")


def _is_known(model_type: str) -> bool:
    """mlx-lm has a file of that name, or renames the type; none of it is imported."""
    spec = find_spec("mlx_lm")
    package = (
        Path(spec.submodule_search_locations[0])
        if spec and spec.submodule_search_locations
        else None
    )
    if package is None:
        return False
    if (package / "models" / f"{model_type}.py").is_file():
        return True
    return f'"{model_type}"' in (package / "utils.py").read_text(encoding="utf-8")


def _check_weights(folder: Path, path: Path) -> None:
    """The header of a safetensors file must be whole, and the file as long as it says."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or length > min(size - 8, _MAX_HEADER):
                raise ModelNotUsable(str(folder), f"{path.name} is truncated")
            header = json.loads(file.read(length))
        ends = [
            tensor["data_offsets"][1] for name, tensor in header.items() if name != "__metadata__"
        ]
    except OSError as error:
        raise ModelNotUsable(str(folder), f"{path.name} cannot be read ({error})") from error
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ModelNotUsable(str(folder), f"{path.name} is not a safetensors file") from error
    if max(ends, default=0) > size - 8 - length:
        raise ModelNotUsable(str(folder), f"{path.name} is truncated")


def _check_index(folder: Path, weights: list[Path]) -> None:
    """All files that the index names must be there."""
    path = folder / "model.safetensors.index.json"
    if not path.is_file():
        return
    try:
        files = set(json.loads(path.read_bytes())["weight_map"].values())
    except (OSError, ValueError, LookupError, AttributeError, TypeError) as error:
        raise ModelNotUsable(str(folder), f"{path.name} is broken ({error})") from error
    if missing := files - {each.name for each in weights}:
        raise ModelNotUsable(str(folder), f"{min(missing)} is missing")
