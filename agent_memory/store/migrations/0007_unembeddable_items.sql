-- Texts that a provider does not take: without them its space is as whole as it can be.
CREATE TABLE unembeddable_items (
    workspace_id text NOT NULL,
    space_id text NOT NULL,
    item_no bigint NOT NULL,
    content_hash text NOT NULL,
    refused_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, space_id, item_no),
    FOREIGN KEY (workspace_id, space_id) REFERENCES embedding_spaces ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, item_no) REFERENCES items ON DELETE CASCADE
);
COMMENT ON COLUMN unembeddable_items.content_hash IS
    'Of what was refused: an item that has changed since is tried again';
CREATE INDEX unembeddable_items_by_item ON unembeddable_items (workspace_id, item_no);

ALTER TABLE unembeddable_items ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own_workspace ON unembeddable_items
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
GRANT SELECT, INSERT, UPDATE, DELETE ON unembeddable_items TO agent_memory_app;
