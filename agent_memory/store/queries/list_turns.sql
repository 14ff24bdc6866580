SELECT
    turns.turn_id, turns.position, turns.model_fingerprint, turns.tokens, turns.generation_suffix,
    turns.num_tokens
FROM turns
JOIN messages USING (workspace_id, session_id, turn_id, position)
WHERE turns.session_id = %(session_id)s AND NOT messages.superseded
ORDER BY turns.position
