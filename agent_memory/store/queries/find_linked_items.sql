WITH shared AS (
    SELECT DISTINCT theirs.kind, theirs.name, theirs.item_no
    FROM items
    JOIN item_keys AS own USING (workspace_id, item_no)
    CROSS JOIN LATERAL (
        SELECT kind, name, item_no
        FROM item_keys
        WHERE workspace_id = %(workspace_id)s AND kind = own.kind AND name = own.name
            AND item_no <> own.item_no
            AND (
                value = own.value
                OR right(value, length(own.value) + 1) = '/' || own.value
                OR right(own.value, length(value) + 1) = '/' || value
            )
        ORDER BY item_no DESC
        LIMIT 1000
    ) AS theirs
    WHERE items.workspace_id = %(workspace_id)s AND item_id = %(item_id)s
),
ranked AS (
    SELECT item_no, sum(1.0 / num_items) AS rarity
    FROM shared
    JOIN (SELECT kind, name, count(*) AS num_items FROM shared GROUP BY kind, name) AS common
        USING (kind, name)
    GROUP BY item_no
)
SELECT stored_items.*
FROM ranked JOIN stored_items USING (item_no)
WHERE workspace_id = %(workspace_id)s AND state <> 'merged'
ORDER BY rarity DESC, occurred_at DESC, item_no DESC
LIMIT %(limit)s
