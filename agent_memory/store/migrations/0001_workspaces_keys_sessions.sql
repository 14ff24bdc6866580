CREATE TABLE workspaces (
    workspace_id text PRIMARY KEY CHECK (workspace_id <> ''),
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE api_keys (
    key_id text PRIMARY KEY,
    workspace_id text NOT NULL REFERENCES workspaces,
    name text NOT NULL,
    secret_hash bytea NOT NULL CHECK (length(secret_hash) = 32),
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz
);
CREATE INDEX api_keys_by_workspace ON api_keys (workspace_id, created_at);

CREATE TABLE sessions (
    workspace_id text NOT NULL REFERENCES workspaces,
    session_id text NOT NULL,
    model text NOT NULL,
    title text,
    head_hash text,
    num_turns bigint NOT NULL DEFAULT 0,
    num_messages bigint NOT NULL DEFAULT 0,
    num_tokens bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, session_id)
);
CREATE INDEX sessions_by_age ON sessions (workspace_id, created_at DESC, session_id DESC);
CREATE INDEX sessions_by_head ON sessions (workspace_id, head_hash);

CREATE TABLE turns (
    workspace_id text NOT NULL,
    turn_id text NOT NULL,
    session_id text NOT NULL,
    request_id text NOT NULL,
    model text NOT NULL,
    model_fingerprint text NOT NULL,
    position bigint NOT NULL,
    tokens bytea NOT NULL,
    generation_suffix text NOT NULL,
    finish_reason text NOT NULL,
    prompt_tokens bigint NOT NULL,
    cached_tokens bigint NOT NULL,
    cached_from_shelf bigint NOT NULL,
    completion_tokens bigint NOT NULL,
    miss_reason text,
    head_hash text NOT NULL,
    num_tokens bigint NOT NULL,
    started_at timestamptz NOT NULL,
    committed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, turn_id),
    FOREIGN KEY (workspace_id, session_id) REFERENCES sessions ON DELETE CASCADE
);
COMMENT ON COLUMN turns.position IS 'Of the answer in the conversation';
COMMENT ON COLUMN turns.tokens IS 'Generated token ids, little-endian uint32 each';
CREATE INDEX turns_by_session ON turns (workspace_id, session_id, position);

CREATE TABLE messages (
    message_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id text NOT NULL,
    session_id text NOT NULL,
    turn_id text NOT NULL,
    position bigint NOT NULL,
    role text NOT NULL,
    parts jsonb NOT NULL,
    superseded boolean NOT NULL DEFAULT false,
    FOREIGN KEY (workspace_id, session_id) REFERENCES sessions ON DELETE CASCADE
);
COMMENT ON COLUMN messages.superseded IS 'The conversation went on differently from here';
CREATE UNIQUE INDEX messages_in_conversation
    ON messages (workspace_id, session_id, position) WHERE NOT superseded;
CREATE INDEX messages_by_session ON messages (workspace_id, session_id);

ALTER TABLE workspaces ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE sessions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE turns ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE messages ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY own_workspace ON workspaces
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
CREATE POLICY own_workspace ON api_keys
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
CREATE POLICY own_workspace ON sessions
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
CREATE POLICY own_workspace ON turns
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
CREATE POLICY own_workspace ON messages
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));

-- A key is looked up by its id before its workspace is known: two functions of the owner's may
-- look into every workspace, and the application may call them.
CREATE POLICY lookup_before_workspace ON api_keys
    FOR SELECT TO agent_memory_owner USING (true);

CREATE FUNCTION find_key(wanted text) RETURNS SETOF api_keys
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = agent_memory, pg_temp
    AS $$ SELECT * FROM api_keys WHERE key_id = wanted $$;
CREATE FUNCTION has_any_key() RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = agent_memory, pg_temp
    AS $$ SELECT EXISTS (SELECT FROM api_keys) $$;
REVOKE ALL ON FUNCTION find_key(text), has_any_key() FROM PUBLIC;

GRANT USAGE ON SCHEMA agent_memory TO agent_memory_app;
GRANT SELECT, INSERT ON workspaces TO agent_memory_app;
GRANT SELECT, INSERT, UPDATE ON api_keys TO agent_memory_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON sessions, turns, messages TO agent_memory_app;
GRANT EXECUTE ON FUNCTION find_key(text), has_any_key() TO agent_memory_app;
