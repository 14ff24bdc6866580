SELECT workspace_id, entry_no, at, actor, action, subject, detail, previous_hash, hash
FROM audit_log
WHERE %(before)s::bigint IS NULL OR entry_no < %(before)s
ORDER BY entry_no DESC
LIMIT %(limit)s
