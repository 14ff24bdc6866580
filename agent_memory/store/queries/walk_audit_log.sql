SELECT workspace_id, entry_no, at, actor, action, subject, detail, previous_hash, hash
FROM audit_log
WHERE entry_no > %(after)s
ORDER BY entry_no
LIMIT %(limit)s
