UPDATE items
SET
    num_uses = greatest(0, num_uses + %(num_uses)s),
    num_helpful = greatest(0, num_helpful + %(num_helpful)s),
    num_not_helpful = greatest(0, num_not_helpful + %(num_not_helpful)s)
WHERE workspace_id = %(workspace_id)s AND item_id = %(item_id)s
