SELECT *
FROM stored_items
WHERE workspace_id = %(workspace_id)s AND state <> 'merged'
    AND NOT EXISTS (
        SELECT FROM item_vectors
        WHERE item_vectors.workspace_id = stored_items.workspace_id
            AND item_vectors.space_id = %(space_id)s
            AND item_vectors.item_no = stored_items.item_no
    )
    AND NOT EXISTS (
        SELECT FROM unembeddable_items AS refused
        WHERE refused.workspace_id = stored_items.workspace_id
            AND refused.space_id = %(space_id)s
            AND refused.item_no = stored_items.item_no
            AND refused.content_hash = stored_items.content_hash
    )
ORDER BY item_no DESC
LIMIT %(limit)s
