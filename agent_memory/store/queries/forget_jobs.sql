WITH forgotten AS (
    DELETE FROM procrastinate_jobs
    WHERE finished_at < CASE status
        WHEN 'failed' THEN %(dead_before)s::timestamptz
        ELSE %(others_before)s::timestamptz
    END
    RETURNING id
)
SELECT count(*) FROM forgotten
