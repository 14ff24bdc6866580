INSERT INTO audit_heads (workspace_id, entry_no, hash)
VALUES (%(workspace_id)s, 0, %(genesis)s)
ON CONFLICT DO NOTHING
