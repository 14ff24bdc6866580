-- What was asked and answered, where the workspace's policy says that it is kept; redacted before.
CREATE TABLE prompt_policies (
    workspace_id text PRIMARY KEY REFERENCES workspaces,
    is_on boolean NOT NULL DEFAULT false,
    on_for_keys text[] NOT NULL DEFAULT '{}',
    off_for_keys text[] NOT NULL DEFAULT '{}',
    keep_days integer NOT NULL CHECK (keep_days BETWEEN 1 AND 3650)
);

CREATE TABLE prompt_log (
    workspace_id text NOT NULL REFERENCES workspaces,
    prompt_id text NOT NULL,
    request_id text NOT NULL,
    key_id text NOT NULL,
    agent text,
    session_id text,
    surface text NOT NULL,
    provider text NOT NULL,
    model text NOT NULL,
    status integer NOT NULL,
    at timestamptz NOT NULL,
    request text NOT NULL,
    answer text NOT NULL,
    num_redacted integer NOT NULL,
    PRIMARY KEY (workspace_id, prompt_id)
);
COMMENT ON COLUMN prompt_log.request IS 'The body, redacted: JSON as text';
CREATE INDEX prompt_log_by_time ON prompt_log (workspace_id, at DESC, prompt_id DESC);
CREATE INDEX prompt_log_by_session ON prompt_log (workspace_id, session_id);

ALTER TABLE prompt_policies ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE prompt_log ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own_workspace ON prompt_policies
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
CREATE POLICY own_workspace ON prompt_log
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));

-- A session that is deleted leaves no words here either.
CREATE FUNCTION forget_prompts_of_session() RETURNS trigger
LANGUAGE plpgsql SET search_path = agent_memory, pg_temp AS $$
BEGIN
    DELETE FROM prompt_log
    WHERE workspace_id = OLD.workspace_id AND session_id = OLD.session_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER session_prompts_forgotten AFTER DELETE ON sessions
    FOR EACH ROW EXECUTE FUNCTION forget_prompts_of_session();

GRANT SELECT, INSERT, UPDATE, DELETE ON prompt_policies, prompt_log TO agent_memory_app;
