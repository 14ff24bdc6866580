INSERT INTO conversations (workspace_id, session_id, metadata, items, num_turns)
VALUES (%(workspace_id)s, %(session_id)s, %(metadata)s, %(items)s, %(num_turns)s)
ON CONFLICT (workspace_id, session_id) DO UPDATE
SET metadata = excluded.metadata, items = excluded.items, num_turns = excluded.num_turns
