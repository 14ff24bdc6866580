"""Made from `_async/` by unasync.py; do not edit."""
