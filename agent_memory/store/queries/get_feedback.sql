SELECT feedback_id, item_id, verdict, created_at, impression_id, other_item_id, withdrawn_at
FROM feedback JOIN items USING (workspace_id, item_no)
WHERE workspace_id = %(workspace_id)s AND feedback_id = %(feedback_id)s
