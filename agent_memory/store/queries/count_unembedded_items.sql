SELECT (
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
)
FROM embedding_spaces
WHERE workspace_id = %(workspace_id)s AND space_id = %(space_id)s
