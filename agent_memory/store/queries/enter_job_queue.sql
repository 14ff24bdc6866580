SELECT
    set_config('role', 'agent_memory_owner', true),
    set_config('search_path', 'agent_memory_jobs, pg_temp', true),
    set_config('app.workspace_id', '', true),
    set_config('TimeZone', 'UTC', true),
    set_config('statement_timeout', '30s', true)
