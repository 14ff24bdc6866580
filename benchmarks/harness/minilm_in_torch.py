"""MiniLM as torch and transformers run it. Run by a Python that has them: see `embedding.py`."""

import json
import sys
import time
from typing import Any

import torch
import transformers

BATCH = 32
MAX_TOKENS = 256


def main() -> None:
    asked = json.load(sys.stdin)
    torch.set_num_threads(asked["threads"])
    tokenizer = transformers.AutoTokenizer.from_pretrained(asked["folder"])
    model = transformers.AutoModel.from_pretrained(asked["folder"]).eval()
    rates, vectors = [], {}
    with torch.no_grad():
        _embed(tokenizer, model, asked["texts"]["short"][:BATCH])  # warm
        for name, texts in asked["texts"].items():
            wall, cpu = time.perf_counter(), time.process_time()
            vectors[name], num_tokens = _embed(tokenizer, model, texts)
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            rates.append(
                {
                    "name": name,
                    "num_texts": len(texts),
                    "tokens_per_text": num_tokens / len(texts),
                    "texts_per_s": len(texts) / wall,
                    "cpu_ms_per_text": 1000 * cpu / len(texts),
                }
            )
    versions = {"torch": torch.__version__, "transformers": transformers.__version__}
    json.dump({"rates": rates, "vectors": vectors, "versions": versions}, sys.stdout)


def _embed(tokenizer: Any, model: Any, texts: list[str]) -> tuple[list[list[float]], int]:
    """Vectors in the order of the texts, and how many tokens those have."""
    order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
    vectors: list[list[float]] = [[] for _ in texts]
    num_tokens = 0
    for begin in range(0, len(order), BATCH):
        batch = order[begin : begin + BATCH]
        encoded = tokenizer(
            [texts[index] for index in batch],
            truncation=True,
            max_length=MAX_TOKENS,
            padding=True,
            return_tensors="pt",
        )
        states = model(**encoded).last_hidden_state
        mask = encoded["attention_mask"][:, :, None].float()
        means = (states * mask).sum(1) / mask.sum(1)
        num_tokens += int(mask.sum())
        for index, vector in zip(batch, (means / means.norm(dim=1, keepdim=True)), strict=True):
            vectors[index] = vector.tolist()
    return vectors, num_tokens


if __name__ == "__main__":
    main()
