-- For clients that can send neither the fields `contexts` and `memory_tool` nor a header.
ALTER TABLE api_keys ADD COLUMN contexts text[], ADD COLUMN memory_tool text;
COMMENT ON COLUMN api_keys.contexts IS 'What turns with this key read when they do not say';
COMMENT ON COLUMN api_keys.memory_tool IS
    'The memory store with which the server runs Claude''s memory tool for turns with this key';
