SELECT prompt_id, request_id, key_id, agent, session_id, surface, provider, model, status, at,
    request, answer, num_redacted
FROM prompt_log
WHERE prompt_id = %(prompt_id)s
