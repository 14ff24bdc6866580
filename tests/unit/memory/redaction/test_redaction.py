"""The parts of a text that redaction takes out, and those that it leaves."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_memory.memory.redaction.assignments import AssignmentMode
from agent_memory.memory.redaction.custom_rule import CustomRule
from agent_memory.memory.redaction.kinds import DEFAULT_KINDS, SECRETS, RedactionKind
from agent_memory.memory.redaction.policy import RedactionPolicy
from agent_memory.memory.redaction.redaction import redact
from tests.unit.memory.redaction.planted import plant

DEFAULT = RedactionPolicy()
EVERYTHING = RedactionPolicy(kinds=frozenset(RedactionKind), keeps_private_addresses=False)

ORDINARY = """\
max_tokens: 4096
token = lexer.next_token()
The password is required
Password: must be at least 8 characters
password: str
const token = parser.nextToken();
"password": "Password is required"
password = getPassword()
password: ${{ secrets.DB_PASSWORD }}
PWD=/home/ada/src
token_count=12345678
def login(user: str, password: str | None = None) -> Token:
if password == expected_password:
secret: love
The secret is out!
self.token = token
api_key = os.environ["API_KEY"]
api_key=settings.api_key,
    access_token=access_token,
    add_to_git_credential=False,
client = Client(api_key="hf_...")
_SECRET_FILE_MODE = 0o600
order = 0xA9FB57DBA1EEA9BC3E660A909D838D718C397AA3B561A6F7901E0E82974856A7
password_hash = hash_password(password)
version 1.2.3.4 and 10.0.0.1
commit 9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d2e1f00
id 123e4567-e89b-12d3-a456-426614174000
sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
2023-05-08 13:56:01,123 INFO [main] 1683554161123
order 4111111111111112 shipped
from 2019-01-01 to 2020-12-31 we had 555 cases and 1234 items
https://docs.google.com/document/d/1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms/edit
data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhg==
ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQC7vbqajDhA1Q2w3E4r5T6y7U8i9O0pAsDfGhJkLzXcVbNm ada@laptop
git@github.com:org/repo.git
logo@2x.png
std::vector<std::string> v; a::b
func NewTokenizer(tokens []string) *Tokenizer {
Authorization: Bearer <token>
curl -u "$USER:$PASS" https://x
docker run -u 1000:1000 x
postgres://user:${DB_PASSWORD}@db/app
postgres://localhost:5432/db?email=a
cookie: delicious and sweet
<password>${env.X}</password>
pip install requests==2.31.0
+1 for this idea
+12345678
x = 3.14159265358979323846
ISBN 978-3-16-148410-0
0.4111111111111111
keyboard: mechanical
{"sessionId":"d6e0bada-1959-4eec-a9d2-0bfade768d8f"}
session_id=d6e0bada-1959-4eec-a9d2-0bfade768d8f
{"key": "d6e0bada-1959-4eec-a9d2-0bfade768d8f"}
{"password": "must have 12 characters"}
{"password": "your password should contain at least one digit"}
my key point is: don't panic
The token is valid for 3600 seconds
a/src/main/java/org/apache/commons/math3/geometry/euclidean/threed/Vector3D.java
""".splitlines()


@pytest.mark.parametrize("seed", range(3))
def test_nothing_that_was_planted_remains(seed: int) -> None:
    for planted in plant(seed):
        redacted = redact(planted.text, DEFAULT)

        assert planted.secret not in redacted.text, planted
        assert not _leaks(planted.secret, redacted.text), (planted, redacted.text)


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert redact(text, DEFAULT).text == text


def test_the_mark_names_what_was_there_and_the_report_where() -> None:
    token = "ghp_" + "aB3" * 12

    redacted = redact(f"use {token} now", DEFAULT)

    assert redacted.text == "use [redacted:github_token] now"
    assert [(r.kind, r.begin, r.end) for r in redacted.removed] == [("github_token", 4, 44)]
    assert redacted.counts == {"github_token": 1}


def test_of_a_connection_string_the_password_alone_goes() -> None:
    redacted = redact("postgres://app:pa55word@db.example.com:5432/app", DEFAULT)

    assert redacted.text == "postgres://app:[redacted:connection_password]@db.example.com:5432/app"


def test_what_surrounds_a_key_goes_with_it_when_it_is_secret_too() -> None:
    key = "sk-ant-api03-" + "Ab1" * 30

    redacted = redact(f"Cookie: session=Zm9vYmFy; other={key}; theme=x", DEFAULT)

    assert redacted.text == "Cookie: [redacted:cookie]"


def test_a_kind_that_is_off_stays() -> None:
    policy = RedactionPolicy(kinds=DEFAULT_KINDS - {RedactionKind.EMAIL})

    assert redact("write to ada@example.com", policy).text == "write to ada@example.com"


def test_addresses_of_machines_go_only_where_the_policy_says_so() -> None:
    text = "from 8.8.8.8 and 2001:4860:4860::8888 to 10.0.0.1 and ::1"
    public = RedactionPolicy(kinds=frozenset({RedactionKind.IP_ADDRESS}))

    assert redact(text, DEFAULT).text == text
    assert redact(text, public).text == (
        "from [redacted:ip_address] and [redacted:ip_address] to 10.0.0.1 and ::1"
    )
    assert redact(text, EVERYTHING).counts == {"ip_address": 4}


def test_allowed_texts_stay_and_so_do_addresses_of_an_allowed_domain() -> None:
    policy = RedactionPolicy(allowed=frozenset({"help@ours.org", "@team.org"}))

    redacted = redact("help@ours.org, me@ours.org, ada@team.org", policy)

    assert redacted.text == "help@ours.org, [redacted:email], ada@team.org"


def test_weak_passwords_stay_when_only_random_values_count() -> None:
    policy = RedactionPolicy(assignments=AssignmentMode.RANDOM)

    assert redact("password=sunshine12", policy).text == "password=sunshine12"
    assert redact("password=k3Vq9ZtXw2LmPb7R", policy).counts == {"credential": 1}


def test_rules_of_a_workspace_apply_beside_the_built_in_ones() -> None:
    policy = RedactionPolicy(custom_rules=(CustomRule("employee", r"\bEMP-(?P<secret>\d{4,8})\b"),))

    redacted = redact("EMP-12345 wrote to ada@example.com", policy)

    assert redacted.text == "EMP-[redacted:employee] wrote to [redacted:email]"


def test_where_a_rule_is_added_the_older_text_is_redacted_further() -> None:
    before = redact("EMP-12345, ada@example.com", DEFAULT)
    policy = RedactionPolicy(custom_rules=(CustomRule("employee", r"EMP-\d{4,8}"),))

    assert redact(before.text, policy).text == "[redacted:employee], [redacted:email]"


FRAGMENTS = st.sampled_from(
    [
        "password", "=", ": ", '"', "'", " ", "\n", "token", "hunter22", "ghp_" + "aB3" * 12, "@",
        "ada@example.com", "://", "u:p@ss", "4111 1111 1111 1111", "+49 171 2345678", "Bearer ",
        "Authorization: ", "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "A" * 30,
        "[redacted:email]", "[redacted:", "]", "AKIAABCDEFGHIJKLMNOP", "Cookie: a=b", "8.8.8.8",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "kX9bQ2", "/", "é", "\u0130", ";",
    ]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(FRAGMENTS, max_size=14).map("".join))
def test_redacting_again_changes_nothing(text: str) -> None:
    once = redact(text, EVERYTHING).text

    assert redact(once, EVERYTHING).text == once


@settings(max_examples=150, deadline=None)
@given(st.lists(FRAGMENTS, max_size=14).map("".join))
def test_the_report_accounts_for_every_change(text: str) -> None:
    redacted = redact(text, EVERYTHING)

    rebuilt, reached = "", 0
    for removal in redacted.removed:
        assert reached <= removal.begin < removal.end <= len(text)
        rebuilt += text[reached : removal.begin] + f"[redacted:{removal.kind}]"
        reached = removal.end
    assert rebuilt + text[reached:] == redacted.text


@pytest.mark.parametrize(
    "unit",
    ["a", "a@", "a.", "1-", "+1", "eyJa.", "://a:", "password=", "sig=", "Cookie: a=", "aB3/", "::",
     "-----BEGIN PRIVATE KEY-----\n", "-----END PRIVATE KEY-----", "curl -u a:", "[redacted:"],
)  # fmt: skip
def test_time_grows_no_faster_than_the_text(unit: str) -> None:
    def cpu_s(length: int) -> float:
        text = unit * (length // len(unit))
        began = time.process_time()
        redact(text, EVERYTHING)
        return time.process_time() - began

    shorter = min(cpu_s(10_000) for _ in range(2))
    longer = min(cpu_s(40_000) for _ in range(2))

    assert longer < 8 * shorter + 0.05  # a quadratic search would take 16 times as long


def test_secrets_alone_leave_personal_data() -> None:
    policy = RedactionPolicy(kinds=SECRETS)

    assert redact("ada@example.com, 4111 1111 1111 1111", policy).removed == ()


def _leaks(secret: str, text: str) -> bool:
    """Whether eight characters in a row of the secret are still there."""
    return any(secret[i : i + 8] in text for i in range(0, len(secret) - 7, 4))
