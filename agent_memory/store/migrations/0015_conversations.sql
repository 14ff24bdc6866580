-- A turn that was deleted by its id is told to nobody; later turns may stand on what was said in it.
ALTER TABLE turns ADD COLUMN is_withdrawn boolean NOT NULL DEFAULT false;

-- What OpenAI's conversations have and sessions have not.
CREATE TABLE conversations (
    workspace_id text NOT NULL,
    session_id text NOT NULL,
    metadata text NOT NULL DEFAULT '{}',
    items text NOT NULL DEFAULT '[]',
    num_turns bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace_id, session_id),
    FOREIGN KEY (workspace_id, session_id) REFERENCES sessions ON DELETE CASCADE
);
COMMENT ON COLUMN conversations.items IS
    'JSON text of the messages that were added and that the next turn says first';
COMMENT ON COLUMN conversations.num_turns IS
    'Of the session when they were added; once it has more, a turn has said them';
ALTER TABLE conversations ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own_workspace ON conversations
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
GRANT SELECT, INSERT, UPDATE, DELETE ON conversations TO agent_memory_app;
