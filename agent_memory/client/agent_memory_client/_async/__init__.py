"""The client, written once; `_sync/` is made from it."""
