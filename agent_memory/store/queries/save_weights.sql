INSERT INTO weight_sets (workspace_id, version, weights, evaluation, is_live)
SELECT
    %(workspace_id)s,
    1 + coalesce(
        (SELECT max(version) FROM weight_sets WHERE workspace_id = %(workspace_id)s), 0
    ),
    %(weights)s::jsonb, %(evaluation)s::jsonb, %(is_live)s
RETURNING version, weights, evaluation, is_live, created_at
