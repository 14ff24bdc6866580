SELECT prompt_id, request_id, key_id, agent, session_id, surface, provider, model, status, at,
    request, answer, num_redacted
FROM prompt_log
WHERE (%(key_id)s::text IS NULL OR key_id = %(key_id)s)
    AND (%(session_id)s::text IS NULL OR session_id = %(session_id)s)
    AND (
        %(before_at)s::timestamptz IS NULL
        OR (at, prompt_id) < (%(before_at)s, %(before_id)s)
    )
ORDER BY at DESC, prompt_id DESC
LIMIT %(limit)s
