SELECT
    set_config('role', 'agent_memory_app', true),
    set_config('search_path', 'agent_memory, public', true),
    set_config('app.workspace_id', %(workspace_id)s, true),
    set_config('TimeZone', 'UTC', true),
    set_config('statement_timeout', %(timeout)s, true),
    set_config('plan_cache_mode', %(planning)s, true),
    set_config('max_parallel_workers_per_gather', '0', true)
