ALTER TABLE context_webhooks
    ALTER COLUMN secret DROP NOT NULL,
    ADD COLUMN sealed_secret bytea,
    ADD CHECK ((secret IS NULL) <> (sealed_secret IS NULL));
COMMENT ON COLUMN context_webhooks.secret IS
    'As earlier versions stored it, until the server has sealed it; the database has no key to do so';
