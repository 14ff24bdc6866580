"""The scores of recall as a function of its weights."""

from agent_memory.memory.learning.landscape import Landscape, Range
from agent_memory.memory.search.fusion import fuse
from agent_memory.memory.search.weights import RANGES

RECALL = Landscape(fuse, {name: Range(low, high) for name, (low, high) in RANGES.items()})
