WITH read AS (
    SELECT lineage, num_reads
    FROM unnest(%(lineages)s::text[], %(counts)s::bigint[]) AS read (lineage, num_reads)
), counted AS (
    UPDATE contexts SET num_reads = contexts.num_reads + read.num_reads, last_read_at = %(now)s
    FROM read
    WHERE contexts.workspace_id = %(workspace_id)s AND contexts.key = ANY (%(keys)s::text[])
        AND contexts.lineage = read.lineage
)
INSERT INTO context_usage (workspace_id, day, num_reads, num_misses)
VALUES (%(workspace_id)s, %(now)s::timestamptz::date, %(num_reads)s, %(num_misses)s)
ON CONFLICT (workspace_id, day) DO UPDATE SET
    num_reads = context_usage.num_reads + excluded.num_reads,
    num_misses = context_usage.num_misses + excluded.num_misses
