"""Log lines grouped into templates: lines of one event differ only in their values."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from drain3.drain import Drain  # type: ignore[import-untyped]

from agent_memory.memory.extraction.masks import mask

_ANY = "<*>"
_DEPTH = 4
_SIMILARITY = 0.7
_MAX_CLUSTERS = 256
"""Compared with each line; beyond it the cluster that was used least lately is closed."""
_MAX_TOKENS = 120
_LEAD = re.compile(
    r"(?:[\s\[\](),|:-]*(?:<time>|(?:TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|ERR|FATAL|CRITICAL|"
    r"SEVERE)\b))+[\s\]),|:-]*"
)
"""Time and level, which say nothing about which event it is."""
_RUN = re.compile(r"<\*>(?: <\*>)+")


@dataclass(frozen=True, slots=True)
class Template:
    """`text` without time and level, with `<*>` and `<sort>` for what varies.
    `members`: indices of its lines."""

    text: str
    members: tuple[int, ...]


def group(texts: Sequence[str]) -> tuple[Template, ...]:
    """Templates in the order of their first line, every line in one. The same lines give the same
    templates, whatever was grouped before."""
    drain = Drain(
        depth=_DEPTH, sim_th=_SIMILARITY, max_clusters=_MAX_CLUSTERS, param_str=_ANY,
        parametrize_numeric_tokens=False,
    )  # fmt: skip
    patterns: dict[int, str] = {}
    members: dict[int, list[int]] = {}
    for index, text in enumerate(texts):
        masked = " ".join(_LEAD.sub("", mask(text), count=1).split()[:_MAX_TOKENS])
        cluster, _ = drain.add_log_message(masked)
        patterns[cluster.cluster_id] = cluster.get_template()
        members.setdefault(cluster.cluster_id, []).append(index)
    return tuple(
        Template(_RUN.sub(_ANY, patterns[cluster]), tuple(indices))
        for cluster, indices in members.items()
    )
