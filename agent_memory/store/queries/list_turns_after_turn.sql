WITH standing AS (
    SELECT DISTINCT ON (messages.position)
        messages.position, messages.turn_id
    FROM turns
    JOIN messages AS answer USING (workspace_id, session_id, turn_id, position)
    JOIN messages ON messages.workspace_id = answer.workspace_id
        AND messages.session_id = answer.session_id
        AND messages.position <= answer.position
        AND messages.message_id <= answer.message_id
    WHERE turns.session_id = %(session_id)s AND turns.turn_id = %(turn_id)s
    ORDER BY messages.position, messages.message_id DESC
)
SELECT
    turns.turn_id, turns.request_id, turns.model, turns.model_fingerprint, turns.position,
    turns.tokens, turns.generation_suffix, turns.finish_reason, turns.prompt_tokens,
    turns.cached_tokens, turns.cached_from_memory, turns.cached_from_shelf,
    turns.completion_tokens, turns.miss_reason, turns.head_hash, turns.num_tokens, turns.started_at
FROM turns
JOIN standing USING (turn_id, position)
WHERE turns.session_id = %(session_id)s
ORDER BY turns.position
