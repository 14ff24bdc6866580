"""Addresses as they may be shown: of servers and databases, without the secrets in them."""

import re
from urllib.parse import unquote

HIDDEN = "***"
_HARMLESS = frozenset(
    {
        *("application_name", "channel_binding", "client_encoding", "connect_timeout", "dbname"),
        *("gssencmode", "host", "hostaddr", "keepalives", "load_balance_hosts", "passfile", "port"),
        *("replication", "service", "sslcert", "sslkey", "sslmode", "sslrootcert"),
        *("target_session_attrs", "tcp_user_timeout", "user", "api-version", "version"),
    }
)
"""Parameters whose values are shown. Of every other one, known or not, only the name is."""
_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<rest>.*)", re.DOTALL)
_PAIR = re.compile(r"\s*(?P<name>\w+)\s*=\s*(?P<value>'(?:\\.|[^'\\])*'|(?:\\.|[^\s\\'])*)(?=\s|$)")
_PORTS = re.compile(r"\d*")
_DATABASES = frozenset({"postgresql", "postgres"})


def shown_url(address: str) -> str:
    """`postgresql://ann:***@db/x?password=***` for the same with its secrets, and likewise for the
    addresses of servers and for libpq's other form, `host=db password=…`. Whatever cannot be told
    from a secret is hidden: what belongs to none of these forms as a whole.
    """
    match = _SCHEME.fullmatch(address)
    if match is not None:
        return f"{match['scheme']}://{_shown_rest(match['scheme'].lower(), match['rest'])}"
    return _shown_pairs(address)


def _shown_rest(scheme: str, rest: str) -> str:
    """A secret may hold marks that should have been escaped: all up to the last `@` before the
    parameters is the name and the password, in whichever way a reader would cut it."""
    head, mark, query = rest.partition("?")
    if mark and "=" not in query.partition("&")[0].partition("@")[0]:
        return HIDDEN
    name_and_password, at, place = head.rpartition("@")
    hosts, slash, path = place.partition("/")
    user = _shown_user(scheme, name_and_password) if at else ""
    return f"{user}{_shown_hosts(hosts)}{slash}{_without_fragment(path)}{_shown_query(mark, query)}"


def _shown_user(scheme: str, name_and_password: str) -> str:
    user, colon, _ = name_and_password.partition(":")
    if scheme not in _DATABASES:
        return f"{HIDDEN}@"  # a token is often sent as the name
    return f"{user}:{HIDDEN}@" if colon else f"{user}@"


def _shown_hosts(hosts: str) -> str:
    """One or several, divided by commas. What stands for a port and is none may be a password."""
    return ",".join(_shown_host(host) for host in hosts.split(","))


def _shown_host(host: str) -> str:
    name, colon, port = host.rpartition(":")
    if not colon or host.endswith("]") or _PORTS.fullmatch(port):
        return host
    return f"{name}:{HIDDEN}"


def _without_fragment(path: str) -> str:
    before, mark, _ = path.partition("#")
    return f"{before}{mark}{HIDDEN if mark else ''}"


def _shown_query(mark: str, query: str) -> str:
    return mark and mark + "&".join(_shown_parameter(part) for part in query.split("&"))


def _shown_parameter(part: str) -> str:
    name, equals, value = part.partition("=")
    is_shown = unquote(name).strip().lower() in _HARMLESS and not {"#", "@"} & set(value)
    return f"{name}{equals}{value if is_shown else HIDDEN}" if equals or not part else HIDDEN


def _shown_pairs(text: str) -> str:
    """libpq's keywords and values; hidden as a whole where they cannot be read."""
    shown, end = [], 0
    while match := _PAIR.match(text, end):
        is_shown = match["name"].lower() in _HARMLESS
        shown.append(f"{match['name']}={match['value'] if is_shown else HIDDEN}")
        end = match.end()
    return " ".join(shown) if shown and not text[end:].strip() else HIDDEN
