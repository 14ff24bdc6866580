"""How the bundled model is made: dialogues, tokenizer, network, training, evaluation, export.

`python -m agent_memory.bundled.recipe train` runs the whole of it. PyTorch is needed by `network`,
`optimizer`, `training`, `evaluation` and `export`; the rest imports the standard library, and
`tokenizer` the `tokenizers` package.
"""
