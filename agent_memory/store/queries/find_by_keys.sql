WITH asked AS (
    SELECT DISTINCT *
    FROM unnest(%(kinds)s::text[], %(names)s::text[], %(values)s::text[]) AS key (kind, name, value)
)
SELECT item_no, count(DISTINCT (asked.kind, asked.value)) AS num_shared
FROM asked
CROSS JOIN LATERAL (
    SELECT item_no
    FROM item_keys
    WHERE workspace_id = %(workspace_id)s AND kind = asked.kind AND name = asked.name
        AND (
            value = asked.value
            OR right(value, length(asked.value) + 1) = '/' || asked.value
            OR right(asked.value, length(value) + 1) = '/' || value
        )
    ORDER BY item_no DESC
    LIMIT 1000
) AS holder
GROUP BY item_no
ORDER BY num_shared DESC, item_no DESC
LIMIT %(limit)s
