"""Every error the product raises on purpose.

    AgentMemoryError
    ├── InvalidRequest          400  the request is malformed or asks for what cannot be done
    │   ├── PromptTooLong       400
    │   └── UpstreamRefused     400  a provider does not take the request
    ├── Unauthenticated         401
    ├── BudgetExceeded          402
    ├── PriceUnknown            402
    ├── PermissionDenied        403
    │   └── OriginRefused       403
    │   ├── ModelNotAllowed     403
    │   └── AddressNotAllowed   403
    ├── NotFound                404
    │   ├── UnknownModel        404
    │   └── TurnNotFound        404
    ├── Conflict                409
    │   ├── SessionMoved        409
    │   ├── ConversationMoved   409
    │   │   └── OtherConversation 409
    │   ├── AlreadyAnswered     409
    │   ├── ModelNotLoaded      409
    │   └── ModelLoadFailed     409
    ├── PreconditionFailed      412
    ├── PayloadTooLarge         413
    │   └── ItemTooLarge        413
    ├── QueueFull               429
    ├── RateLimited             429
    ├── HeadersTooLarge         431
    ├── UpstreamBroken          502  no provider could answer
    │   ├── UpstreamKeysRefused 502
    │   └── UpstreamTimeout     504
    ├── Unavailable             503
    │   ├── UpstreamBusy        429
    │   ├── UpstreamPaused      503
    │   ├── EngineUnavailable   503
    │   │   ├── EngineLost      503
    │   │   ├── ModelLoading    503
    │   │   └── NoModelLoaded   503
    │   ├── PoolLost            503
    │   ├── StorageUnavailable  503
    │   ├── ContextKeyMissing   503
    │   ├── EmbeddingUnavailable 503
    │   │   └── EmbeddingRefused 503
    │   ├── EnricherUnavailable 503
    │   │   └── EnricherRefused 503
    │   ├── WebhookUndelivered  503
    │   └── Draining            503
    ├── Preempted                    a turn gave up its room and goes on later: never shown
    ├── BadShelfFile                 a file of KV blocks is unusable: a miss
    ├── ModelNotUsable               the model cannot be served (raised before anything starts)
    ├── StreamInterrupted       500  a turn could not be finished after all retries
    ├── TurnCancelled           499  the client went away
    └── InvariantBroken         500  a check of our own failed; never the caller's fault

An exception's `args` are its constructor's arguments, so that Ray and pickle can carry it.
"""


class AgentMemoryError(Exception):
    """Root of the tree. `code` is stable and machine-readable; `str(error)` is for people."""

    code = "internal_error"


class InvalidRequest(AgentMemoryError):
    """The request is malformed or asks for something that cannot be done."""

    code = "invalid_request"

    def __init__(self, message: str, param: str | None = None) -> None:
        super().__init__(message, param)
        self.message = message
        self.param = param

    def __str__(self) -> str:
        return self.message


class PromptTooLong(InvalidRequest):
    """The prompt and the tokens asked for do not fit in the model's context window."""

    code = "context_length_exceeded"

    def __init__(self, num_tokens: int, limit: int) -> None:
        super().__init__(f"The prompt has {num_tokens} tokens; the limit is {limit}.", "messages")
        self.args = (num_tokens, limit)
        self.num_tokens = num_tokens
        self.limit = limit


class UpstreamRefused(InvalidRequest):
    """A provider does not take what was asked; `message` is what it says."""

    code = "upstream_refused"


class Unauthenticated(AgentMemoryError):
    """No usable API key was sent."""

    code = "invalid_api_key"


class PermissionDenied(AgentMemoryError):
    """The key is valid but lacks the scope."""

    code = "permission_denied"

    def __init__(self, scope: str) -> None:
        super().__init__(scope)
        self.scope = scope

    def __str__(self) -> str:
        return f"This key lacks the scope '{self.scope}'."


class OriginRefused(PermissionDenied):
    """A page of another site asks, and the settings do not allow it."""

    code = "origin_refused"

    def __init__(self, origin: str) -> None:
        super().__init__(origin)
        self.origin = origin

    def __str__(self) -> str:
        return (
            f"Pages of '{self.origin}' may not call this server; AGENT_MEMORY_CORS_ORIGINS names "
            "those that may."
        )


class ModelNotAllowed(PermissionDenied):
    """The key may not ask for this model."""

    code = "model_not_allowed"

    def __init__(self, model: str) -> None:
        super().__init__(model)
        self.model = model

    def __str__(self) -> str:
        return f"This key may not use the model '{self.model}'."


class AddressNotAllowed(PermissionDenied):
    """The key may not be used from the address that the request came from."""

    code = "address_not_allowed"

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address

    def __str__(self) -> str:
        return f"This key may not be used from the address '{self.address}'."


class NotFound(AgentMemoryError):
    """Nothing of that kind and id exists in the caller's workspace."""

    code = "not_found"

    def __init__(self, kind: str, id: str) -> None:  # noqa: A002  the word of the field
        super().__init__(kind, id)
        self.kind = kind
        self.id = id

    def __str__(self) -> str:
        return f"No {self.kind} '{self.id}' exists here."


class UnknownModel(NotFound):
    """No model, alias or provider has that name; `nearest` do exist."""

    code = "model_not_found"

    def __init__(self, model: str, nearest: tuple[str, ...] = ()) -> None:
        super().__init__("model", model)
        self.args = (model, nearest)
        self.nearest = nearest

    def __str__(self) -> str:
        if not self.nearest:
            return super().__str__()
        quoted = [f"'{name}'" for name in self.nearest]
        return f"{super().__str__()} The nearest names are {', '.join(quoted)}."


class TurnNotFound(NotFound):
    """The turn that a request continues does not exist in the caller's workspace."""

    code = "turn_not_found"

    def __init__(self, turn_id: str) -> None:
        super().__init__("turn", turn_id)
        self.args = (turn_id,)
        self.turn_id = turn_id


class Conflict(AgentMemoryError):
    """The state of the thing does not allow it."""

    code = "conflict"


class SessionMoved(Conflict):
    """The session does not live in this process any more; ask the directory again."""

    code = "session_moved"


class ConversationMoved(Conflict):
    """The session was found by its history, and has got further since."""

    code = "conversation_moved"


class OtherConversation(ConversationMoved):
    """The session that a client named holds another conversation; this one belongs beside it, into
    the session `beside`."""

    code = "other_conversation"

    def __init__(self, beside: str) -> None:
        super().__init__(beside)
        self.beside = beside

    def __str__(self) -> str:
        return f"The session holds another conversation; this one goes on in '{self.beside}'."


class AlreadyAnswered(Conflict):
    """The turn was committed before; its answer is in the transcript."""

    code = "already_answered"


class ModelNotLoaded(Conflict):
    """The request names a model of this server that is not the loaded one."""

    code = "model_not_loaded"

    def __init__(self, model: str, loaded: str | None) -> None:
        super().__init__(model, loaded)
        self.model = model
        self.loaded = loaded

    def __str__(self) -> str:
        now = "no model" if self.loaded is None else f"'{self.loaded}'"
        return (
            f"The model '{self.model}' is not loaded, {now} is. Load it with an admin key: "
            f"`agent-memory models load {self.model}` or POST /v1/models/load."
        )


class ModelLoadFailed(Conflict):
    """A model was to take another's place and cannot; `serving` says which one serves now."""

    code = "model_load_failed"

    def __init__(self, model: str, reason: str, serving: str | None) -> None:
        super().__init__(model, reason, serving)
        self.model = model
        self.reason = reason
        self.serving = serving

    def __str__(self) -> str:
        now = "No model is loaded" if self.serving is None else f"'{self.serving}' serves"
        return f"The model '{self.model}' cannot be loaded: {self.reason}. {now} now."


class PreconditionFailed(AgentMemoryError):
    """The thing is not in the state that the caller wrote for. `version` and `sha256` are those it
    has now; None where it does not exist, or where its hash is not told."""

    code = "precondition_failed"

    def __init__(
        self, key: str, version: int | None, etag: str | None = None, sha256: str | None = None
    ) -> None:
        super().__init__(key, version, etag, sha256)
        self.key = key
        self.version = version
        self.etag = etag
        self.sha256 = sha256

    def __str__(self) -> str:
        if self.version is None:
            return f"The context '{self.key}' does not exist now; nothing was written."
        return f"The context '{self.key}' is at version {self.version} now; nothing was written."


class PayloadTooLarge(AgentMemoryError):
    """The body exceeds the limit in bytes."""

    code = "payload_too_large"

    def __init__(self, num_bytes: int, limit: int) -> None:
        super().__init__(num_bytes, limit)
        self.num_bytes = num_bytes
        self.limit = limit

    def __str__(self) -> str:
        return f"The body has {self.num_bytes} bytes or more; the limit is {self.limit}."


class ItemTooLarge(PayloadTooLarge):
    """One text to be remembered exceeds the limit in bytes; `param` says which."""

    code = "item_too_large"

    def __init__(self, num_bytes: int, limit: int, param: str) -> None:
        super().__init__(num_bytes, limit)
        self.args = (num_bytes, limit, param)
        self.param = param

    def __str__(self) -> str:
        return f"{self.param} has {self.num_bytes} bytes; the limit is {self.limit}."


class HeadersTooLarge(AgentMemoryError):
    """The headers exceed the limit in bytes."""

    code = "headers_too_large"

    def __init__(self, num_bytes: int, limit: int) -> None:
        super().__init__(num_bytes, limit)
        self.num_bytes = num_bytes
        self.limit = limit

    def __str__(self) -> str:
        return f"The headers have {self.num_bytes} bytes; the limit is {self.limit}."


class QueueFull(AgentMemoryError):
    """Too many requests wait already."""

    code = "queue_full"

    def __init__(self, num_waiting: int, retry_after_s: int) -> None:
        super().__init__(num_waiting, retry_after_s)
        self.num_waiting = num_waiting
        self.retry_after_s = retry_after_s

    def __str__(self) -> str:
        return (
            f"{self.num_waiting} requests are waiting already; try again in {self.retry_after_s} s."
        )


class RateLimited(AgentMemoryError):
    """A limit is reached. subject: such as `key 3f9c`; per_s: 0 where it counts what is going on at
    the same time."""

    code = "rate_limited"

    def __init__(
        self, subject: str, metric: str, amount: int, per_s: int, retry_after_s: int
    ) -> None:
        super().__init__(subject, metric, amount, per_s, retry_after_s)
        self.subject = subject
        self.metric = metric
        self.amount = amount
        self.per_s = per_s
        self.retry_after_s = retry_after_s

    def __str__(self) -> str:
        rate = f" in {self.per_s} s" if self.per_s else " at a time"
        return (
            f"The limit of the {self.subject} is {self.amount} {self.metric.replace('_', ' ')}"
            f"{rate}; try again in {self.retry_after_s} s."
        )


class BudgetExceeded(AgentMemoryError):
    """A budget does not reach for this request. Amounts are decimals as text; resets_at: when the
    budget begins again (ISO 8601), or None where it never does."""

    code = "budget_exceeded"

    def __init__(
        self, subject: str, unit: str, amount: str, left: str, needed: str, resets_at: str | None
    ) -> None:
        super().__init__(subject, unit, amount, left, needed, resets_at)
        self.subject = subject
        self.unit = unit
        self.amount = amount
        self.left = left
        self.needed = needed
        self.resets_at = resets_at

    def __str__(self) -> str:
        resets = (
            "It does not reset." if self.resets_at is None else f"It resets at {self.resets_at}."
        )
        return (
            f"The budget of the {self.subject} is {self.amount} {self.unit}, of which {self.left} "
            f"is left; this request may take {self.needed}. {resets}"
        )


class PriceUnknown(AgentMemoryError):
    """A budget of money cannot hold for a model of which no price is known."""

    code = "price_unknown"

    def __init__(self, model: str) -> None:
        super().__init__(model)
        self.model = model

    def __str__(self) -> str:
        return (
            f"No price of the model '{self.model}' is known, so that the budget in usd cannot hold "
            "for it. An operator must set one."
        )


class Unavailable(AgentMemoryError):
    """Something needed is not there now; `str(error)` says what is missing."""

    code = "unavailable"
    retry_after_s = 2


class UpstreamBroken(AgentMemoryError):
    """No provider that may answer could: it is out of order, or the way to it is."""

    code = "upstream_failed"


class UpstreamKeysRefused(UpstreamBroken):
    """Our keys were refused by every provider that may answer. The caller's own key is fine."""

    code = "upstream_credentials_exhausted"


class UpstreamTimeout(UpstreamBroken):
    """The provider took too long to begin, or to go on."""

    code = "upstream_timeout"


class UpstreamBusy(Unavailable):
    """The provider has had too many requests, and says when to come again."""

    code = "upstream_rate_limited"

    def __init__(self, message: str, retry_after_s: int = 2) -> None:
        super().__init__(message, retry_after_s)
        self.message = message
        self.retry_after_s = retry_after_s

    def __str__(self) -> str:
        return self.message


class UpstreamPaused(Unavailable):
    """The provider has failed repeatedly and is not asked for a while."""

    code = "upstream_paused"


class EngineUnavailable(Unavailable):
    """No engine can take the turn now."""

    code = "engine_unavailable"


class EngineLost(EngineUnavailable):
    """The engine died, or the way to it was cut, in the middle of something."""

    code = "engine_lost"


class ModelLoading(EngineUnavailable):
    """Another model is being loaded; turns wait for it."""

    code = "model_loading"


class NoModelLoaded(EngineUnavailable):
    """The model was offloaded and none has taken its place."""

    code = "no_model_loaded"


class PoolLost(Unavailable):
    """The block pool died in the middle of something."""

    code = "pool_lost"


class StorageUnavailable(Unavailable):
    """The database cannot be reached."""

    code = "storage_unavailable"


class ContextKeyMissing(Unavailable):
    """A context is encrypted with a key that this server does not have."""

    code = "context_key_missing"

    def __init__(self, key: str, key_id: str) -> None:
        super().__init__(key, key_id)
        self.key = key
        self.key_id = key_id

    def __str__(self) -> str:
        return (
            f"The context '{self.key}' is encrypted with the key {self.key_id}, which "
            "AGENT_MEMORY_CONTEXT_KEYS does not name."
        )


class EmbeddingUnavailable(Unavailable):
    """No vectors can be had now; trying again later may help."""

    code = "embedding_unavailable"


class EmbeddingRefused(EmbeddingUnavailable):
    """No vectors can be had until a setting changes: a wrong key, model or size, or none is set."""

    code = "embedding_refused"


class EnricherUnavailable(Unavailable):
    """The model that looks for statements cannot be asked now; trying again later may help."""

    code = "enricher_unavailable"


class EnricherRefused(EnricherUnavailable):
    """It cannot be asked until a setting changes: a wrong key, address or model."""

    code = "enricher_refused"


class WebhookUndelivered(Unavailable):
    """The receiver of a webhook did not take it; it is sent again later."""

    code = "webhook_undelivered"


class Draining(Unavailable):
    """The server is shutting down and takes no new work."""

    code = "draining"


class ModelNotUsable(AgentMemoryError):
    """The model named at start cannot be served."""

    code = "model_not_usable"

    def __init__(self, model: str, reason: str) -> None:
        super().__init__(model, reason)
        self.model = model
        self.reason = reason

    def __str__(self) -> str:
        return f"The model '{self.model}' cannot be served: {self.reason}"


class Preempted(AgentMemoryError):
    """The generation gave up its room for another one. What it has computed is kept, and it goes
    on from there as soon as there is room again."""

    code = "preempted"


class BadShelfFile(AgentMemoryError):
    """A file of KV blocks is missing, torn, corrupt or foreign. To its reader it is a miss."""

    code = "bad_shelf_file"

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(file, reason)
        self.file = file
        self.reason = reason

    def __str__(self) -> str:
        return f"The shelf file '{self.file}' is unusable: {self.reason}"


class StreamInterrupted(AgentMemoryError):
    """A turn was cut off and could not be finished after all retries."""

    code = "stream_interrupted"


class TurnCancelled(AgentMemoryError):
    """The client went away before the turn ended."""

    code = "cancelled"


class InvariantBroken(AgentMemoryError):
    """A check of our own failed."""

    code = "invariant_broken"
