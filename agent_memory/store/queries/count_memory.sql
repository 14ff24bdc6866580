SELECT
    (SELECT count(*) FROM items WHERE workspace_id = %(workspace_id)s) AS num_items,
    (SELECT count(*) FROM materials WHERE workspace_id = %(workspace_id)s) AS num_materials,
    (SELECT count(*) FROM threads WHERE workspace_id = %(workspace_id)s) AS num_threads,
    (
        SELECT count(*) FROM threads LEFT JOIN items USING (workspace_id, thread_no)
        WHERE workspace_id = %(workspace_id)s AND (items.legal_hold OR threads.legal_hold)
    ) AS num_held
