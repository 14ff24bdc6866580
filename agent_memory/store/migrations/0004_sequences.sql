-- What a turn read, token by token, so that its KV can be found without rendering its prompt again.
ALTER TABLE turns
    ADD COLUMN ordinal bigint,
    ADD COLUMN num_shared bigint NOT NULL DEFAULT 0,
    ADD COLUMN read_tokens bytea NOT NULL DEFAULT '';
COMMENT ON COLUMN turns.ordinal IS 'Of the turn in its session, superseded ones counted';
COMMENT ON COLUMN turns.num_shared IS
    'Leading tokens that its sequence has in common with that of the turn before it';
COMMENT ON COLUMN turns.read_tokens IS
    'The rest of its prompt; the generated tokens follow. Little-endian uint32 each';
