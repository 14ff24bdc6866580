WITH moved AS (
    UPDATE audit_heads SET entry_no = %(entry_no)s, hash = %(hash)s
    WHERE workspace_id = %(workspace_id)s
)
INSERT INTO audit_log (
    workspace_id, entry_no, at, actor, action, subject, detail, previous_hash, hash
)
VALUES (
    %(workspace_id)s, %(entry_no)s, %(at)s, %(actor)s, %(action)s, %(subject)s, %(detail)s,
    %(previous_hash)s, %(hash)s
)
