WITH dropped AS (
    DELETE FROM prompt_log
    WHERE at < %(now)s - make_interval(
        days => coalesce((SELECT keep_days FROM prompt_policies), %(keep_days)s)
    )
    RETURNING prompt_id
)
SELECT count(*) FROM dropped
