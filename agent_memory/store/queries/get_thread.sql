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
WHERE workspace_id = %(workspace_id)s AND thread_id = %(thread_id)s
