-- Readers may have seen changes that came after the backup. The numbers go on far above all that
-- they can have seen, so that every one of them is sent the present state and misses nothing.
WITH forgotten AS (DELETE FROM agent_memory.context_changes)
UPDATE agent_memory.context_feeds
SET last_seq = last_seq + 1000000, first_seq = last_seq + 1000001
