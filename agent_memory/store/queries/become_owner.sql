SELECT
    set_config('role', 'agent_memory_owner', true),
    set_config('search_path', 'agent_memory, public', true)
