SELECT *
FROM stored_items
WHERE workspace_id = %(workspace_id)s AND state = 'active'
    AND NOT EXISTS (
        SELECT FROM item_bands
        WHERE item_bands.workspace_id = stored_items.workspace_id
            AND item_bands.item_no = stored_items.item_no
    )
ORDER BY item_no
LIMIT %(limit)s
