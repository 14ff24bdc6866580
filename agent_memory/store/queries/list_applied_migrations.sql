SELECT name, checksum FROM agent_memory.schema_migrations ORDER BY name
