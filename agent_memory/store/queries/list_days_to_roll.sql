SELECT DISTINCT day
FROM ledger l
WHERE day < %(today)s
    AND NOT EXISTS (SELECT FROM usage_rolled_days r WHERE r.day = l.day)
ORDER BY day
