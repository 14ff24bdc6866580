SELECT
    set_config('role', 'agent_memory_app', true),
    set_config('search_path', 'agent_memory, public', true),
    set_config('app.workspace_id', %(workspace_id)s, true),
    set_config('TimeZone', 'UTC', true),
    set_config('statement_timeout', '30s', true)
