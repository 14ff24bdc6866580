SELECT *
FROM stored_items
WHERE workspace_id = %(workspace_id)s
    AND (%(kinds)s::text[] IS NULL OR kind = ANY (%(kinds)s::text[]))
    AND (%(thread_id)s::text IS NULL OR thread_id = %(thread_id)s::text)
    AND CASE
        WHEN %(as_of)s::timestamptz IS NULL THEN state = 'active'
        ELSE state IN ('active', 'superseded')
            AND valid_from <= %(as_of)s::timestamptz
            AND (valid_to IS NULL OR valid_to > %(as_of)s::timestamptz)
    END
ORDER BY occurred_at DESC, item_no DESC
LIMIT %(limit)s
