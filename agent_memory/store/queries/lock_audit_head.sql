INSERT INTO audit_heads (workspace_id, entry_no, hash)
VALUES (%(workspace_id)s, 0, %(genesis)s)
ON CONFLICT (workspace_id) DO UPDATE SET entry_no = audit_heads.entry_no
RETURNING entry_no, hash
