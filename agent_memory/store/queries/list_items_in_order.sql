SELECT *
FROM stored_items
WHERE workspace_id = %(workspace_id)s
    AND (%(thread_id)s::text IS NULL OR thread_id = %(thread_id)s::text)
    AND (%(kinds)s::text[] IS NULL OR kind = ANY (%(kinds)s::text[]))
    AND (%(states)s::text[] IS NULL OR state = ANY (%(states)s::text[]))
    AND (
        %(after)s::timestamptz IS NULL
        OR (occurred_at, item_no) > (%(after)s::timestamptz, %(after_no)s::bigint)
    )
ORDER BY occurred_at, item_no
LIMIT %(limit)s
