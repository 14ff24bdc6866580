"""What becomes of the configuration that Serve writes for HAProxy."""

from agent_memory.host.haproxy_on_loopback import STEERING_HEADERS, on_loopback

CONFIG = """\
frontend prometheus
    bind :9101
    mode http
frontend http_frontend
    bind {host}:8000
    mode http
listen stats
  bind *:8404
  stats enable
"""


def test_every_other_port_is_narrowed_to_loopback() -> None:
    lines = on_loopback(CONFIG.format(host="127.0.0.1")).splitlines()
    assert "    bind 127.0.0.1:9101" in lines
    assert "  bind 127.0.0.1:8404" in lines


def test_the_owner_may_still_serve_every_address() -> None:
    assert "    bind 0.0.0.0:8000" in on_loopback(CONFIG.format(host="0.0.0.0")).splitlines()
    assert "    bind *:8000" in on_loopback(CONFIG.format(host="*")).splitlines()


def test_headers_that_steer_serve_are_dropped_right_behind_the_bind() -> None:
    lines = on_loopback(CONFIG.format(host="127.0.0.1")).splitlines()
    start = lines.index("    bind 127.0.0.1:8000") + 1
    dropped = lines[start : start + len(STEERING_HEADERS)]
    assert dropped == [f"    http-request del-header {name}" for name in STEERING_HEADERS]
