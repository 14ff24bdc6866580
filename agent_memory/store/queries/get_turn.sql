SELECT
    turns.session_id, turns.model, turns.model_fingerprint, turns.finish_reason,
    turns.prompt_tokens, turns.cached_tokens, turns.cached_from_memory, turns.cached_from_shelf,
    turns.completion_tokens, turns.miss_reason, turns.kept, turns.shape, turns.committed_at
FROM turns
WHERE turns.turn_id = %(turn_id)s AND NOT turns.is_withdrawn
