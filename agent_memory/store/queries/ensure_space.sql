INSERT INTO embedding_spaces (workspace_id, space_id, provider, model, num_dimensions, state)
SELECT
    %(workspace_id)s, %(space_id)s, %(provider)s, %(model)s, %(num_dimensions)s,
    CASE WHEN EXISTS (
        SELECT FROM embedding_spaces
        WHERE workspace_id = %(workspace_id)s AND state = 'serving'
    ) THEN 'building' ELSE 'serving' END
ON CONFLICT (workspace_id, space_id) DO NOTHING
