WITH moved AS (
    UPDATE items
    SET state = CASE WHEN successor_id IS NULL THEN 'active' ELSE 'superseded' END
    WHERE workspace_id = %(workspace_id)s AND item_id = ANY (%(item_ids)s::text[])
        AND state = 'archived'
    RETURNING item_no
)
SELECT count(*) FROM moved
