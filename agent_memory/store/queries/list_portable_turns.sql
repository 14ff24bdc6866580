SELECT
    turns.turn_id, turns.request_id, turns.model, turns.model_fingerprint, turns.position,
    turns.tokens, turns.generation_suffix, turns.finish_reason, turns.prompt_tokens,
    turns.cached_tokens, turns.cached_from_memory, turns.cached_from_shelf,
    turns.completion_tokens, turns.miss_reason, turns.head_hash, turns.num_tokens, turns.started_at
FROM turns
JOIN messages USING (workspace_id, session_id, turn_id, position)
WHERE turns.session_id = %(session_id)s AND NOT messages.superseded
ORDER BY turns.position
