SELECT
    thread_id, title, legal_hold, created_at, updated_at,
    (
        SELECT count(*) FROM items
        WHERE items.workspace_id = threads.workspace_id AND items.thread_no = threads.thread_no
    ) AS num_items,
    (
        SELECT count(*) FROM items
        WHERE items.workspace_id = threads.workspace_id AND items.thread_no = threads.thread_no
            AND position IS NOT NULL
    ) AS num_messages
FROM threads
WHERE workspace_id = %(workspace_id)s
    AND (
        %(before)s::timestamptz IS NULL
        OR (updated_at, thread_id) < (%(before)s::timestamptz, %(before_id)s::text)
    )
ORDER BY updated_at DESC, thread_id DESC
LIMIT %(limit)s
