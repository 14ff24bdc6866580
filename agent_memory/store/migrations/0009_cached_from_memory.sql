-- Beside cached_from_shelf; of turns before there was such a tier, none were.
ALTER TABLE turns ADD COLUMN cached_from_memory bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN turns.cached_from_memory IS
    'Of the cached tokens, those whose KV was at rest in the memory of the engine''s process';
