"""How much one request may ask for."""

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one request. Sizes in bytes, times in seconds.

    max_output_tokens: upper bound of `max_tokens`, and its value when a client names none (the
        session clips it to what is left of the context window).
    ping_interval_s: a stream that has been silent for so long sends a ping.
    """

    max_body_bytes: int = 32 * MIB
    max_import_bytes: int = 64 * 1024 * MIB
    max_header_bytes: int = 16 * 1024
    max_json_depth: int = 64
    max_json_values: int = 500_000
    max_messages: int = 10_000
    max_tools: int = 512
    max_output_tokens: int = 1_000_000
    max_prompts: int = 8
    ping_interval_s: float = 10.0
