CREATE TABLE context_tickets (
    workspace_id text NOT NULL REFERENCES workspaces,
    ticket_hash bytea PRIMARY KEY,
    key_id text NOT NULL REFERENCES api_keys ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE context_tickets IS 'Each admits one connection, once: browsers send no headers';
CREATE INDEX context_tickets_by_expiry ON context_tickets (expires_at);

ALTER TABLE context_tickets ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own_workspace ON context_tickets
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
GRANT SELECT, INSERT, DELETE ON context_tickets TO agent_memory_app;

-- A ticket is taken before its workspace is known, as a key is found.
CREATE POLICY taken_before_workspace ON context_tickets TO agent_memory_owner
    USING (true) WITH CHECK (true);

CREATE FUNCTION take_context_ticket(wanted bytea) RETURNS SETOF api_keys
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = agent_memory, pg_temp
    AS $$
        WITH taken AS (
            DELETE FROM context_tickets
            WHERE ticket_hash = wanted OR expires_at < now()
            RETURNING ticket_hash, key_id, expires_at
        )
        SELECT api_keys.* FROM taken JOIN api_keys USING (key_id)
        WHERE ticket_hash = wanted AND taken.expires_at >= now()
    $$;
REVOKE ALL ON FUNCTION take_context_ticket(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION take_context_ticket(bytea) TO agent_memory_app;
