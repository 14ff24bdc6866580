SELECT
    space_id, provider, model, num_dimensions, state, created_at,
    (
        SELECT count(*) FROM item_vectors
        WHERE item_vectors.workspace_id = embedding_spaces.workspace_id
            AND item_vectors.space_id = embedding_spaces.space_id
    ) AS num_vectors,
    (
        SELECT count(*) FROM items
        WHERE items.workspace_id = embedding_spaces.workspace_id AND state <> 'merged'
            AND NOT EXISTS (
                SELECT FROM item_vectors
                WHERE item_vectors.workspace_id = items.workspace_id
                    AND item_vectors.space_id = embedding_spaces.space_id
                    AND item_vectors.item_no = items.item_no
            )
            AND NOT EXISTS (
                SELECT FROM unembeddable_items AS refused
                WHERE refused.workspace_id = items.workspace_id
                    AND refused.space_id = embedding_spaces.space_id
                    AND refused.item_no = items.item_no
                    AND refused.content_hash = items.content_hash
            )
    ) AS num_missing,
    (
        SELECT count(*) FROM unembeddable_items JOIN items USING (workspace_id, item_no)
        WHERE unembeddable_items.workspace_id = embedding_spaces.workspace_id
            AND unembeddable_items.space_id = embedding_spaces.space_id
            AND unembeddable_items.content_hash = items.content_hash AND state <> 'merged'
    ) AS num_unembeddable
FROM embedding_spaces
WHERE workspace_id = %(workspace_id)s
ORDER BY created_at DESC, space_id
