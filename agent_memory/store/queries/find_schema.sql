SELECT nspname FROM pg_namespace WHERE nspname = 'agent_memory'
