DELETE FROM impressions
WHERE workspace_id = %(workspace_id)s AND impression_id = ANY (%(impression_ids)s::text[])
    AND NOT EXISTS (
        SELECT FROM impression_items
        WHERE impression_items.workspace_id = impressions.workspace_id
            AND impression_items.impression_id = impressions.impression_id
    )
