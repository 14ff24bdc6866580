INSERT INTO feedback (
    workspace_id, feedback_id, item_no, impression_id, verdict, other_item_id
)
SELECT
    workspace_id, %(feedback_id)s, item_no, %(impression_id)s, %(verdict)s, %(other_item_id)s
FROM items
WHERE workspace_id = %(workspace_id)s AND item_id = %(item_id)s
RETURNING feedback_id, %(item_id)s AS item_id, verdict, created_at, impression_id, other_item_id,
    withdrawn_at
