SELECT
    sessions.session_id, sessions.created_at, coalesce(conversations.metadata, '{}') AS metadata,
    CASE WHEN conversations.num_turns = sessions.num_turns THEN conversations.items ELSE '[]' END
        AS items,
    sessions.num_turns
FROM sessions
LEFT JOIN conversations USING (workspace_id, session_id)
WHERE sessions.session_id = %(session_id)s
