INSERT INTO turns (
    workspace_id, turn_id, session_id, request_id, model, model_fingerprint, position, tokens,
    generation_suffix, finish_reason, prompt_tokens, cached_tokens, cached_from_memory,
    cached_from_shelf, completion_tokens, miss_reason, head_hash, num_tokens, started_at, ordinal,
    num_shared, read_tokens, kept, shape
)
VALUES (
    %(workspace_id)s, %(turn_id)s, %(session_id)s, %(request_id)s, %(model)s,
    %(model_fingerprint)s, %(position)s, %(tokens)s, %(generation_suffix)s, %(finish_reason)s,
    %(prompt_tokens)s, %(cached_tokens)s, %(cached_from_memory)s, %(cached_from_shelf)s,
    %(completion_tokens)s, %(miss_reason)s, %(head_hash)s, %(num_tokens)s, %(started_at)s,
    %(ordinal)s, %(num_shared)s, %(read_tokens)s, %(kept)s, %(shape)s
)
