INSERT INTO prompt_log (
    workspace_id, prompt_id, request_id, key_id, agent, session_id, surface, provider, model,
    status, at, request, answer, num_redacted
)
VALUES (
    %(workspace_id)s, %(prompt_id)s, %(request_id)s, %(key_id)s, %(agent)s, %(session_id)s,
    %(surface)s, %(provider)s, %(model)s, %(status)s, %(at)s, %(request)s, %(answer)s,
    %(num_redacted)s
)
