"""Weights, tokenizer and template as the folder that `mlx_lm.load` and `transformers` read."""

import json
from pathlib import Path
from tempfile import mkdtemp

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

from agent_memory.bundled.recipe.model import Model
from agent_memory.bundled.recipe.network import Shape
from agent_memory.bundled.recipe.rendering import CHAT_TEMPLATE, END
from agent_memory.bundled.recipe.tokenizer import PAD

SHARPNESS = 16.0
_FINAL_NORM = "model.norm.weight"
_NUM_TOKENS = "num_tokens"


def write_model(folder: Path, model: Model) -> None:
    """Write the model beside `folder`, then put it in its place file by file.

    Logits are made sharper than training left them, so that sampling at temperature 1, which is
    what clients ask for by saying nothing, says what greedy decoding says.
    """
    shape, weights = model.shape, model.weights
    staging = Path(mkdtemp(prefix=".model-", dir=folder.parent))
    _write_json(staging / "config.json", {**shape.config(), "torch_dtype": "float16"})
    _write_json(
        staging / "generation_config.json",
        {"eos_token_id": 2, "pad_token_id": 0, "do_sample": False},
    )
    _write_json(staging / "tokenizer_config.json", _tokenizer_config(shape))
    model.tokenizer.save(str(staging / "tokenizer.json"))
    sharpened = {**weights, _FINAL_NORM: weights[_FINAL_NORM] * SHARPNESS}
    stored = {name: weight.detach().to(torch.float16) for name, weight in sharpened.items()}
    metadata = {"format": "pt", _NUM_TOKENS: str(model.num_tokens)}
    save_file(stored, staging / "model.safetensors", metadata)
    folder.mkdir(exist_ok=True)
    for file in staging.iterdir():
        file.chmod(0o644)
        file.replace(folder / file.name)
    staging.rmdir()


def read_model(folder: Path) -> Model:
    """The model of a folder that `write_model` wrote, as training left it but for rounding."""
    config = json.loads((folder / "config.json").read_text())
    shape = Shape(**{name: config[name] for name in Shape.__dataclass_fields__})
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    file = folder / "model.safetensors"
    weights = {name: weight.float() for name, weight in load_file(file).items()}
    weights[_FINAL_NORM] /= SHARPNESS
    with safe_open(file, "pt") as opened:
        num_tokens = int(opened.metadata()[_NUM_TOKENS])
    return Model(weights, shape, tokenizer, num_tokens)


def _tokenizer_config(shape: Shape) -> dict[str, object]:
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": shape.max_position_embeddings,
        "bos_token": None,
        "eos_token": END,
        "pad_token": PAD,
        "unk_token": None,
        "clean_up_tokenization_spaces": False,
        "chat_template": CHAT_TEMPLATE.read_text(),
    }


def _write_json(file: Path, contents: dict[str, object]) -> None:
    file.write_text(json.dumps(contents, indent=2) + "\n")
