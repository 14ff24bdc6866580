SELECT n.nspname, c.relname
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname IN ('agent_memory', 'agent_memory_jobs') AND c.relkind = 'r'
ORDER BY 1, 2
