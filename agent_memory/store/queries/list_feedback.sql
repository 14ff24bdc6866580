SELECT feedback_id, item_id, verdict, created_at, impression_id, other_item_id, withdrawn_at
FROM feedback JOIN items USING (workspace_id, item_no)
WHERE workspace_id = %(workspace_id)s
    AND (
        %(after)s::timestamptz IS NULL
        OR (created_at, feedback_id) > (%(after)s::timestamptz, %(after_id)s::text)
    )
ORDER BY created_at, feedback_id
LIMIT %(limit)s
