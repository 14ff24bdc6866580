SELECT provider, model, context_window, max_output_tokens, created, has_tools, has_thinking,
    modalities
FROM provider_models
ORDER BY provider, model
