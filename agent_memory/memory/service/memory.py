"""Memory as the surfaces see it."""

from dataclasses import dataclass

from agent_memory.memory.service.consolidate import Consolidate
from agent_memory.memory.service.conversations import Conversations
from agent_memory.memory.service.expand import Expand
from agent_memory.memory.service.feedback import FeedbackBook
from agent_memory.memory.service.holds import Holds
from agent_memory.memory.service.ingest import Ingest
from agent_memory.memory.service.messages import Messages
from agent_memory.memory.service.precheck import Precheck
from agent_memory.memory.service.recall import Recall, Tokens
from agent_memory.memory.service.recollect import Recollect
from agent_memory.memory.service.redaction import Redaction
from agent_memory.memory.service.retention import Retention
from agent_memory.memory.service.working_sets import WorkingSets


@dataclass(frozen=True, slots=True)
class Memory:
    """Everything that can be asked of the memory of a workspace. `tokens` counts those of the model
    that is served now."""

    ingest: Ingest
    recall: Recall
    working_sets: WorkingSets
    precheck: Precheck
    expand: Expand
    recollect: Recollect
    messages: Messages
    conversations: Conversations
    feedback: FeedbackBook
    redaction: Redaction
    holds: Holds
    retention: Retention
    consolidate: Consolidate
    tokens: Tokens
