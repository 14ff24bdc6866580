"""One generation as the engine takes it."""

from dataclasses import dataclass

from agent_memory.cache.lease import Lease
from agent_memory.ids import BlockHash
from agent_memory.turns.answer_form import AnswerForm
from agent_memory.turns.sampling import SamplingParams


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """Tokens in, under a lease; events out.

    forced_tokens: tokens that an earlier, interrupted attempt has already generated (only when n
        is 1): they are fed as they are, one `Generated` event tells what they say, and generation
        goes on after them, at the same positions, as if nothing had happened. If they end with an
        end-of-turn token or reach `max_tokens`, the choice finishes at once.
    boundaries: places in the prompt, in tokens from its beginning, where others may continue: a
        model whose layers cannot be cut by position keeps their state there.
    root: the root hash of this workspace's blocks.
    group: fairness is between groups (the workspace).
    owner: whose blocks they are (the session); the shelf's files say so.
    incarnation: that of the engine whose tokens these are; another one refuses.
    priority: below 0, it goes after all others; otherwise the higher goes first in its group.
    is_resumed: it has run before and cannot be refused for a full queue any more.
    is_fading: what it computes is not to last.
    origin: the ids of its calls follow from it, the same ones in every attempt; without it they
        are random.
    """

    request_id: str
    group: str
    root: BlockHash
    prompt_tokens: tuple[int, ...]
    sampling: SamplingParams
    lease: Lease
    forced_tokens: tuple[int, ...] = ()
    boundaries: tuple[int, ...] = ()
    form: AnswerForm = AnswerForm()  # noqa: RUF009  frozen value
    incarnation: str | None = None
    owner: str = ""
    priority: int = 0
    is_resumed: bool = False
    is_fading: bool = False
    origin: str = ""
