WITH impression AS (
    INSERT INTO impressions (
        workspace_id, impression_id, weights_version,
        question_terms, question_space_id, question_vector
    )
    VALUES (
        %(workspace_id)s, %(impression_id)s, %(weights_version)s,
        %(question_terms)s::integer[], %(question_space_id)s, %(question_vector)s::halfvec
    )
    RETURNING workspace_id, impression_id
)
INSERT INTO impression_items (
    workspace_id, impression_id, item_no, rank, propensity, components
)
SELECT workspace_id, impression_id, item_no, rank, propensity, components
FROM impression
CROSS JOIN json_to_recordset(%(shown)s::json)
    AS shown (item_id text, rank integer, propensity real, components jsonb)
JOIN items USING (workspace_id, item_id)
ORDER BY item_no
ON CONFLICT DO NOTHING
