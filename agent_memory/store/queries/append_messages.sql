INSERT INTO messages (workspace_id, session_id, turn_id, position, role, parts)
SELECT
    %(workspace_id)s, %(session_id)s, %(turn_id)s, %(num_kept)s + nth - 1, role, parts
FROM unnest(%(roles)s::text[], %(parts)s::jsonb[]) WITH ORDINALITY AS fresh (role, parts, nth)
