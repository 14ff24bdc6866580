-- What the local engine leaves of a turn is a part of its row that other providers do without.
ALTER TABLE turns
    ALTER COLUMN model_fingerprint DROP NOT NULL,
    ALTER COLUMN tokens DROP NOT NULL,
    ALTER COLUMN generation_suffix DROP NOT NULL,
    ALTER COLUMN num_tokens DROP NOT NULL,
    ALTER COLUMN num_shared DROP NOT NULL,
    ALTER COLUMN num_shared DROP DEFAULT,
    ALTER COLUMN read_tokens DROP NOT NULL,
    ALTER COLUMN read_tokens DROP DEFAULT,
    ADD CONSTRAINT traces_are_whole CHECK (
        num_nulls(
            model_fingerprint, tokens, generation_suffix, num_tokens, num_shared, read_tokens
        ) IN (0, 6)
    );
COMMENT ON COLUMN turns.model_fingerprint IS
    'Of the weights that made the tokens; null, as all traces, where the local engine did not answer';
COMMENT ON COLUMN turns.num_shared IS
    'Leading tokens that its sequence has in common with that of the turn before it with traces';
