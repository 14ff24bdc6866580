"""Made-up secrets of every known form, in the places where people leave them."""

import base64
import json
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

LETTERS_DIGITS = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
UPPER_DIGITS = string.ascii_uppercase + string.digits
URL_SAFE = LETTERS_DIGITS + "-_"
BASE64 = LETTERS_DIGITS + "+/"


@dataclass(frozen=True, slots=True)
class Planted:
    """A text, and what of it must be gone after redaction."""

    form: str
    context: str
    text: str
    secret: str


def plant(seed: int) -> Iterator[Planted]:
    """Every form in every context that suits it."""
    random = Random(seed)  # noqa: S311  made-up secrets are to be the same each time
    for form, make in KEYS.items():
        for context, write in CONTEXTS.items():
            secret = make(random)
            yield Planted(form, context, write(secret), secret)
    for context, write in NAMED.items():
        for form, make in NAMED_VALUES.items():
            secret = make(random)
            yield Planted(form, context, write(secret), secret)
    for form, make_text in WHOLE.items():
        text, secret = make_text(random)
        yield Planted(form, "by itself", text, secret)


def draw(alphabet: str, length: int) -> Callable[[Random], str]:
    return lambda random: "".join(random.choices(alphabet, k=length))


def _prefixed(prefix: str, alphabet: str, length: int) -> Callable[[Random], str]:
    return lambda random: prefix + draw(alphabet, length)(random)


def _joined(*parts: Callable[[Random], str]) -> Callable[[Random], str]:
    return lambda random: "".join(part(random) for part in parts)


def _text(text: str) -> Callable[[Random], str]:
    return lambda _: text


def _jwt(random: Random) -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    body = {"sub": str(random.randint(1, 10**9)), "name": "Ada", "iat": random.randint(1, 10**9)}
    signature = draw(URL_SAFE, 43)(random)
    return f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(body)}.{signature}"


KEYS: dict[str, Callable[[Random], str]] = {
    "anthropic": _joined(_prefixed("sk-ant-api03-", URL_SAFE, 93), _text("AA")),
    "openai project": _prefixed("sk-proj-", LETTERS_DIGITS, 48),
    "openai": _joined(
        _prefixed("sk-", LETTERS_DIGITS, 20), _prefixed("T3BlbkFJ", LETTERS_DIGITS, 20)
    ),
    "openai service account": _prefixed("sk-svcacct-", URL_SAFE, 60),
    "openrouter": _prefixed("sk-or-v1-", HEX, 64),
    "our own": _joined(_prefixed("am_", HEX, 12), _prefixed("_", LETTERS_DIGITS, 32)),
    "hugging face": _prefixed("hf_", string.ascii_letters, 34),
    "aws access key": _prefixed("AKIA", UPPER_DIGITS, 16),
    "aws temporary key": _prefixed("ASIA", UPPER_DIGITS, 16),
    "google": _prefixed("AIza", URL_SAFE, 35),
    "google client secret": _prefixed("GOCSPX-", URL_SAFE, 28),
    "google access token": _prefixed("ya29.a0A", URL_SAFE, 120),
    "azure storage": _joined(draw(LETTERS_DIGITS, 1), draw(BASE64, 85), _text("==")),
    "azure client secret": _joined(
        draw(LETTERS_DIGITS, 3), _prefixed("8Q~", LETTERS_DIGITS + "_~.", 33), _text("a")
    ),
    "databricks": _prefixed("dapi", HEX, 32),
    "vault": _prefixed("hvs.", LETTERS_DIGITS, 24),
    "digitalocean": _prefixed("dop_v1_", HEX, 64),
    "github": _prefixed("ghp_", LETTERS_DIGITS, 36),
    "github oauth": _prefixed("gho_", LETTERS_DIGITS, 36),
    "github server": _prefixed("ghs_", LETTERS_DIGITS, 36),
    "github fine-grained": _joined(
        _prefixed("github_pat_", LETTERS_DIGITS, 22), _prefixed("_", LETTERS_DIGITS, 59)
    ),
    "gitlab": _prefixed("glpat-", LETTERS_DIGITS + "_", 20),
    "npm": _prefixed("npm_", LETTERS_DIGITS, 36),
    "pypi": _joined(_prefixed("pypi-AgEIcHlwaS5vcmcC", URL_SAFE, 120), _text("A")),
    "slack bot": _joined(
        _prefixed("xoxb-", string.digits, 12),
        _prefixed("-", string.digits, 12),
        _prefixed("-", LETTERS_DIGITS, 24),
    ),
    "slack user": _prefixed("xoxp-", LETTERS_DIGITS, 60),
    "discord": _joined(
        _prefixed("M", LETTERS_DIGITS, 23),
        _prefixed(".G", LETTERS_DIGITS, 5),
        _prefixed(".a1B", LETTERS_DIGITS, 35),
    ),
    "telegram": _joined(
        _text("1"), draw(string.digits, 9), _prefixed(":AA", LETTERS_DIGITS + "-_", 32), _text("x")
    ),
    "twilio": _prefixed("SK", HEX, 32),
    "sendgrid": _joined(_prefixed("SG.", URL_SAFE, 22), _prefixed(".", URL_SAFE, 42), _text("Q")),
    "stripe": _prefixed("sk_live_", LETTERS_DIGITS, 24),
    "stripe restricted": _prefixed("rk_live_", LETTERS_DIGITS, 99),
    "groq": _prefixed("gsk_", LETTERS_DIGITS, 52),
    "linear": _prefixed("lin_api_", LETTERS_DIGITS, 40),
    "shopify": _prefixed("shpat_", HEX, 32),
    "grafana": _joined(_prefixed("glsa_", LETTERS_DIGITS, 32), _prefixed("_", HEX, 8)),
    "docker": _prefixed("dckr_pat_", LETTERS_DIGITS, 27),
    "age": _prefixed("AGE-SECRET-KEY-1", "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58),
    "jwt": _jwt,
}
CONTEXTS: dict[str, Callable[[str], str]] = {
    "env file": lambda key: f"DEBUG=1\nSERVICE_X={key}\nPORT=8080\n",
    "exported": lambda key: f"export FOO_ID='{key}'",
    "JSON": lambda key: json.dumps({"name": "x", "value": key, "n": 3}),
    "JSON in JSON": lambda key: json.dumps({"body": json.dumps({"value": key})}),
    "YAML": lambda key: f"service:\n  value: {key}\n  port: 80\n",
    "code": lambda key: f'client = Client("{key}", timeout=5)  # production\n',
    "prose": lambda key: f"I pasted {key} by mistake, please rotate it.",
    "end of sentence": lambda key: f"Use this one: {key}.",
    "in quotes": lambda key: f"the key is `{key}`, ok?",
    "URL": lambda key: f"GET https://api.example.com/v1/x?page=2&k={key}&sort=asc HTTP/1.1",
    "header": lambda key: f"Authorization: Bearer {key}\nAccept: */*\n",
    "other header": lambda key: f"> x-api-key: {key}\n> host: example.com\n",
    "cookie": lambda key: f"Cookie: theme=dark; sid={key}; lang=en\n",
    "log line": lambda key: f"2026-11-21T09:00:00Z ERROR auth failed key={key} status=401",
    "diff": lambda key: f"@@ -1,2 +1,2 @@\n-KEY = None\n+KEY = '{key}'\n",
    "command": lambda key: f"$ tool deploy --flag {key} --verbose",
    "by itself": lambda key: key,
}


def _password(random: Random) -> str:
    return random.choice(["hunter", "Sunsh1ne", "corr3ct", "S3cret", "qwerty"]) + str(
        random.randint(10, 9999)
    )


def _strong_password(random: Random) -> str:
    return draw(string.ascii_letters, 6)(random) + draw(string.digits, 4)(random) + "!x*"


NAMED_VALUES: dict[str, Callable[[Random], str]] = {
    "weak password": _password,
    "strong password": _strong_password,
    "hexadecimal token": draw(HEX, 40),
    "base64url token": draw(LETTERS_DIGITS, 43),
    "UUID": lambda random: "-".join(draw(HEX, n)(random) for n in (8, 4, 4, 4, 12)),
}
NAMED: dict[str, Callable[[str], str]] = {
    "env file": lambda value: f"A=1\nDB_PASSWORD={value}\nB=2",
    "exported": lambda value: f'export API_SECRET="{value}"',
    "Dockerfile": lambda value: f"FROM x\nENV ADMIN_PASSWORD={value}\n",
    "properties": lambda value: f"spring.datasource.password={value}\n",
    "ini": lambda value: f"[db]\nuser = app\npassword = {value}\n",
    "JSON": lambda value: json.dumps({"user": "app", "password": value}),
    "JSON in JSON": lambda value: json.dumps({"body": json.dumps({"clientSecret": value})}),
    "YAML": lambda value: f"db:\n  user: app\n  password: {value}\n",
    "YAML quoted": lambda value: f"auth:\n  api_key: '{value}'\n",
    "Python": lambda value: f'connect(host="db", password="{value}")',
    "TypeScript": lambda value: f"const apiKey = '{value}';",
    "Java": lambda value: f'private static final String CLIENT_SECRET = "{value}";',
    "Go": lambda value: f'authToken := "{value}"',
    "Ruby": lambda value: f":secret_key_base => '{value}',",
    "mapping": lambda value: f"config['secret_key'] = '{value}'",
    "Terraform": lambda value: f'  access_key = "{value}"\n',
    "prose": lambda value: f"My password is {value}, do not tell anyone.",
    "note": lambda value: f"login: ada, password: {value}",
    "query": lambda value: f"https://h/x?user=a&access_token={value}&z=1",
    "option": lambda value: f"tool --password {value} run",
    "option with =": lambda value: f"tool --api-key={value} run",
    "header": lambda value: f"X-Api-Key: {value}\r\nHost: x\r\n",
    "authorization": lambda value: f"Authorization: Token {value}\n",
    "ADO.NET": lambda value: f"Server=db;User Id=sa;Password={value};Encrypt=true",
    "SQL": lambda value: f"ALTER ROLE app WITH PASSWORD '{value}';",
    "MySQL": lambda value: f"CREATE USER 'a'@'%' IDENTIFIED BY '{value}';",
    "XML": lambda value: f"<server><password>{value}</password></server>",
    "attribute": lambda value: f'<db user="a" password="{value}"/>',
    "netrc": lambda value: f"machine h login ada password {value}",
    "Redis": lambda value: f"requirepass {value}\n",
    "PostgreSQL": lambda value: f"postgresql://app:{value}@db.internal:5432/app?sslmode=require",
    "MongoDB": lambda value: f"mongodb+srv://root:{value}@cluster0.abc.mongodb.net/x",
    "AMQP": lambda value: f"amqp://u:{value}@mq:5672/%2f",
    "proxy": lambda value: f"https_proxy=http://me:{value}@proxy.corp:3128",
    "git remote": lambda value: f"origin https://oauth2:{value}@gitlab.com/a/b.git (fetch)",
    "curl": lambda value: f"curl -s -u ada:{value} https://h/api",
    "diff": lambda value: f"@@ -1 +1 @@\n-PASSWORD=\n+PASSWORD={value}\n",
    "log": lambda value: f"INFO connecting user=app password={value} host=db",
}


def _pem(kind: str, is_escaped: bool = False) -> Callable[[Random], tuple[str, str]]:
    def make(random: Random) -> tuple[str, str]:
        lines = [draw(BASE64, 64)(random) for _ in range(12)] + [draw(BASE64, 30)(random) + "=="]
        gap = "\\n" if is_escaped else "\n"
        body = gap.join(lines)
        text = f"-----BEGIN {kind}PRIVATE KEY-----{gap}{body}{gap}-----END {kind}PRIVATE KEY-----"
        return f"before\n{text}\nafter", body

    return make


def _service_account(random: Random) -> tuple[str, str]:
    body = "\n".join(draw(BASE64, 64)(random) for _ in range(20))
    key = f"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"
    text = json.dumps({"type": "service_account", "private_key": key, "client_id": "1"}, indent=2)
    return text, json.dumps(body)[1:-1]


def _cut_off(random: Random) -> tuple[str, str]:
    body = "\n".join(draw(BASE64, 64)(random) for _ in range(5)) + "\n" + draw(BASE64, 40)(random)
    return f"log: -----BEGIN RSA PRIVATE KEY-----\n{body}", body


def _beginning_lost(random: Random) -> tuple[str, str]:
    body = "\n".join(draw(BASE64, 64)(random) for _ in range(5)) + "\n" + "abc1=="
    return f"...\n{body}\n-----END RSA PRIVATE KEY-----\ndone", body


def _card(
    prefix: str, length: int, groups: tuple[int, ...] = ()
) -> Callable[[Random], tuple[str, str]]:
    def make(random: Random) -> tuple[str, str]:
        digits = prefix + "".join(random.choices(string.digits, k=length - len(prefix) - 1))
        doubled = [int(d) * (2 - i % 2) for i, d in enumerate(reversed(digits))]
        digits += str(-sum(d - 9 if d > 9 else d for d in doubled) % 10)
        number, begin = [], 0
        for size in groups or (length,):
            number.append(digits[begin : begin + size])
            begin += size
        written = random.choice(" -").join(number)
        return f"paid with {written} yesterday", written

    return make


def _phone(*forms: str) -> Callable[[Random], tuple[str, str]]:
    def make(random: Random) -> tuple[str, str]:
        form = random.choice(forms)
        number = "".join(random.choice("2345678") if c == "#" else c for c in form)
        return f"You can call me, {number}, after five.", number

    return make


def _email(random: Random) -> tuple[str, str]:
    name = draw(string.ascii_lowercase, 6)(random)
    address = random.choice(
        [f"{name}@example.com", f"{name}.x+tag@mail.example.co.uk", f"{name}_1@{name}.io"]
    )
    return random.choice([f"mail {address}.", f"<{address}>", f'"{address}"']), address


def _bare(random: Random) -> tuple[str, str]:
    secret = draw(LETTERS_DIGITS, random.randint(36, 64))(random)
    return f"then it said {secret} and stopped", secret


def _aws_pair(random: Random) -> tuple[str, str]:
    secret = draw(BASE64, 40)(random)
    return f"AKIA{draw(UPPER_DIGITS, 16)(random)} {secret}", secret


def _slack_hook(random: Random) -> tuple[str, str]:
    secret = f"T{draw(UPPER_DIGITS, 8)(random)}/B{draw(UPPER_DIGITS, 8)(random)}/"
    secret += draw(LETTERS_DIGITS, 24)(random)
    return f"curl https://hooks.slack.com/services/{secret}", secret


def _sas(random: Random) -> tuple[str, str]:
    secret = draw(LETTERS_DIGITS, 43)(random) + "%3D"
    return f"https://x.blob.core.windows.net/c/f?sv=2022-11-02&sp=r&sig={secret}&se=2026", secret


WHOLE: dict[str, Callable[[Random], tuple[str, str]]] = {
    "PEM PKCS#8": _pem(""),
    "PEM RSA": _pem("RSA "),
    "PEM EC": _pem("EC "),
    "PEM OpenSSH": _pem("OPENSSH "),
    "PEM encrypted": _pem("ENCRYPTED "),
    "PEM escaped": _pem("RSA ", is_escaped=True),
    "GCP service account": _service_account,
    "PEM cut off": _cut_off,
    "PEM without its beginning": _beginning_lost,
    "card visa": _card("4", 16),
    "card visa grouped": _card("4", 16, (4, 4, 4, 4)),
    "card mastercard": _card("52", 16, (4, 4, 4, 4)),
    "card mastercard 2": _card("2345", 16),
    "card amex": _card("37", 15, (4, 6, 5)),
    "card discover": _card("6011", 16),
    "card jcb": _card("3530", 16),
    "phone international": _phone(
        "+49 171 #######", "+1 555-###-####", "+44 20 #### ####", "+33 6 ## ## ## ##",
        "+1 (555) ###-####", "+91 98### #####", "+15552######", "+86 138 #### ####",
    ),
    "phone national": _phone(
        "(555) ###-####", "555-###-####", "555.###.####", "020 #### ####", "06 ## ## ## ##",
        "0171/#######", "07### ### ###", "030 / ### ## ##"[:13],
    ),
    "e-mail": _email,
    "bare random word": _bare,
    "aws pair": _aws_pair,
    "slack webhook": _slack_hook,
    "azure SAS": _sas,
}  # fmt: skip
