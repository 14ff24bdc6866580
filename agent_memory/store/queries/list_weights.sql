SELECT version, weights, evaluation, is_live, created_at
FROM weight_sets WHERE workspace_id = %(workspace_id)s
ORDER BY version DESC
