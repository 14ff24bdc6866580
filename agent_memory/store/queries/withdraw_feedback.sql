UPDATE feedback
SET withdrawn_at = coalesce(withdrawn_at, now())
FROM items
WHERE feedback.workspace_id = %(workspace_id)s AND feedback_id = %(feedback_id)s
    AND items.workspace_id = feedback.workspace_id AND items.item_no = feedback.item_no
RETURNING feedback_id, item_id, verdict, created_at, impression_id, other_item_id, withdrawn_at
