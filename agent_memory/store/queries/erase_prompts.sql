WITH erased AS (
    DELETE FROM prompt_log
    WHERE (%(key_id)s::text IS NULL OR key_id = %(key_id)s)
        AND (%(session_id)s::text IS NULL OR session_id = %(session_id)s)
    RETURNING prompt_id
)
SELECT count(*) FROM erased
