"""Changes that are sent to other servers, by Standard Webhooks."""
