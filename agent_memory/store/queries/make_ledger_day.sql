SELECT make_ledger_day(%(day)s)
