SELECT stored_items.*
FROM item_bands
JOIN stored_items USING (workspace_id, item_no)
WHERE workspace_id = %(workspace_id)s AND state = 'active'
    AND bands && %(bands)s::bigint[]
ORDER BY
    (SELECT count(*) FROM unnest(bands) AS band WHERE band = ANY (%(bands)s::bigint[])) DESC,
    item_no
LIMIT %(limit)s
