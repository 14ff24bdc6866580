INSERT INTO unembeddable_items (workspace_id, space_id, item_no, content_hash)
SELECT workspace_id, %(space_id)s, item_no, content_hash
FROM items
WHERE workspace_id = %(workspace_id)s AND item_id = %(item_id)s
    AND content_hash = %(content_hash)s
ON CONFLICT (workspace_id, space_id, item_no)
DO UPDATE SET content_hash = EXCLUDED.content_hash, refused_at = now()
