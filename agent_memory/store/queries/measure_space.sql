SELECT
    num_dimensions, has_index,
    (
        SELECT count(*) FROM item_vectors
        WHERE item_vectors.workspace_id = embedding_spaces.workspace_id
            AND item_vectors.space_id = embedding_spaces.space_id
    ) AS num_vectors
FROM embedding_spaces
WHERE workspace_id = %(workspace_id)s AND space_id = %(space_id)s
