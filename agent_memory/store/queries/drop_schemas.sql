DROP SCHEMA IF EXISTS agent_memory, agent_memory_jobs CASCADE
