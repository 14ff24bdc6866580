-- For clients that can neither send the field `memory` nor a header.
ALTER TABLE api_keys ADD COLUMN memory text;
COMMENT ON COLUMN api_keys.memory IS
    'What turns with this key ask of memory when they do not say, as in the header X-Agent-Memory';
