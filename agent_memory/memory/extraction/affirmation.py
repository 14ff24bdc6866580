"""Whether a model repeats what a user said just before, so that it is the user's word."""

from agent_memory.memory.extraction.names import normal_name
from agent_memory.memory.extraction.sentences import find_sentences


def is_said_by(answered: str, value: str) -> bool:
    """Whether a sentence of `answered` that asks nothing has every word of `value`, which is in
    one spelling."""
    wanted = set(value.split())
    if not (wanted and answered):
        return False
    said = (answered[begin:end] for begin, end in find_sentences(answered))
    return any(wanted <= set(normal_name(one).split()) for one in said if not one.endswith("?"))
