INSERT INTO provider_models (provider, model, context_window, max_output_tokens, created, has_tools,
    has_thinking, modalities)
VALUES (%(provider)s, %(model)s, %(context_window)s, %(max_output_tokens)s, %(created)s,
    %(has_tools)s, %(has_thinking)s, %(modalities)s)
ON CONFLICT DO NOTHING
