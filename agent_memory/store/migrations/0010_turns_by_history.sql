-- A conversation is found where any turn of it stands, not only where its session does.
CREATE INDEX turns_by_head ON turns (workspace_id, head_hash);
DROP INDEX sessions_by_head;
