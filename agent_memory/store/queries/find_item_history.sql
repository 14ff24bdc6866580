WITH RECURSIVE
own AS (
    SELECT item_id, successor_id, 0 AS depth
    FROM items WHERE workspace_id = %(workspace_id)s AND item_id = %(item_id)s
),
later AS (
    SELECT * FROM own
    UNION ALL
    SELECT items.item_id, items.successor_id, depth + 1
    FROM later JOIN items ON items.item_id = later.successor_id
    WHERE workspace_id = %(workspace_id)s AND depth < 100
),
earlier AS (
    SELECT * FROM own
    UNION ALL
    SELECT items.item_id, items.successor_id, depth - 1
    FROM earlier JOIN items ON items.successor_id = earlier.item_id
    WHERE workspace_id = %(workspace_id)s AND state = 'superseded' AND depth > -100
)
SELECT stored_items.*
FROM (
    SELECT item_id, max(depth) AS depth
    FROM (SELECT * FROM earlier UNION ALL SELECT * FROM later) AS chain
    GROUP BY item_id
) AS chain
JOIN stored_items USING (item_id)
WHERE workspace_id = %(workspace_id)s
ORDER BY depth, valid_from, item_no
