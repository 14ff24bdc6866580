"""Tickets: each admits one connection, once, for a browser that cannot send its key."""

import hashlib
import secrets

LIFETIME_S = 30
_PREFIX = "amt_"


def new_ticket() -> str:
    """256 random bits, of characters that may stand in a URL and in a WebSocket's protocol."""
    return f"{_PREFIX}{secrets.token_hex(32)}"


def ticket_hash(ticket: str) -> bytes:
    """All that is stored of it."""
    return hashlib.sha256(ticket.encode(errors="surrogatepass")).digest()
