"""Keys that are known by their form: the most specific forms first."""

from agent_memory.memory.redaction.kinds import RedactionKind as Kind
from agent_memory.memory.redaction.randomness import is_hex, is_mixed
from agent_memory.memory.redaction.rule import Rule, pattern_rule

_BEGIN = r"(?<![A-Za-z0-9])"
_END = r"(?![A-Za-z0-9])"


def _has_digit(word: str) -> bool:
    return any(char.isdigit() for char in word)


def _is_aws_secret(word: str) -> bool:
    return is_mixed(word) and not is_hex(word)


def _key(
    kind: Kind, body: str, *hints: str, begin: str = _BEGIN, needs_digit: bool = False
) -> Rule:
    accepts = _has_digit if needs_digit else None
    return pattern_rule(kind, begin + body, *hints, accepts=accepts)


MODEL_PROVIDER_KEYS = (
    _key(Kind.ANTHROPIC_KEY, r"sk-ant-[A-Za-z0-9_-]{16,256}", "sk-ant-"),
    _key(Kind.OPENROUTER_KEY, r"sk-or-(?:v\d-)?[A-Za-z0-9]{32,128}", "sk-or-"),
    _key(Kind.OPENAI_KEY, r"sk-(?:proj|svcacct|admin|None)-[A-Za-z0-9_-]{20,256}", "sk-"),
    _key(Kind.OPENAI_KEY, r"sk-[A-Za-z0-9_-]{0,24}[A-Za-z0-9]{20,200}", "sk-", needs_digit=True),
    _key(Kind.HUGGINGFACE_TOKEN, r"(?:hf_|api_org_)[A-Za-z0-9]{30,64}", "hf_", "api_org_"),
    _key(
        Kind.AGENT_MEMORY_KEY,
        r"am_[0-9a-f]{12}_[A-Za-z0-9]{22,128}",
        "am_",
        begin=r"(?<![A-Za-z0-9_])",
    ),
)
CLOUD_KEYS = (
    _key(
        Kind.AWS_KEY, r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}" + _END, "akia", "asia", "abia", "acca"
    ),
    pattern_rule(
        Kind.AWS_SECRET,
        r"(?<![A-Za-z0-9/+=_-])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=_-])",
        "aws",
        "akia",
        "asia",
        accepts=_is_aws_secret,
    ),
    _key(
        Kind.GOOGLE_KEY,
        r"(?:AIza[A-Za-z0-9_-]{35}|GOCSPX-[A-Za-z0-9_-]{28}|ya29\.[A-Za-z0-9_-]{20,512}"
        r"|1//0[A-Za-z0-9_-]{30,256})",
        "aiza",
        "gocspx-",
        "ya29.",
        "1//0",
    ),
    _key(
        Kind.AZURE_KEY,
        r"[A-Za-z0-9+/]{86}==",
        "==",
        begin=r"(?<![A-Za-z0-9+/-])",  # `sha512-…` is a checksum
        needs_digit=True,
    ),
    _key(Kind.AZURE_KEY, r"[A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{31,34}", "q~"),
    pattern_rule(
        Kind.AZURE_KEY, r"[?&;](?:sig|signature)=(?P<secret>[A-Za-z0-9%+/=_-]{32,256})", "sig"
    ),
    _key(
        Kind.DATABRICKS_TOKEN, r"(?:dapi|dkea|dsapi)[0-9a-f]{32}(?:-\d)?", "dapi", "dkea", "dsapi"
    ),
    _key(Kind.VAULT_TOKEN, r"hv[sbr]\.[A-Za-z0-9_-]{20,512}", "hvs.", "hvb.", "hvr."),
    pattern_rule(
        Kind.VAULT_TOKEN, r"(?<![\w.])s\.[A-Za-z0-9]{24}(?![\w.(])", "s.", accepts=is_mixed
    ),
    _key(Kind.DIGITALOCEAN_TOKEN, r"do[opr]_v1_[0-9a-f]{64}", "_v1_"),
)
FORGE_KEYS = (
    _key(
        Kind.GITHUB_TOKEN,
        r"(?:gh[opsur]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255})",
        "gh",
        "github_pat_",
    ),
    _key(
        Kind.GITLAB_TOKEN,
        r"gl(?:pat|dt|rt|ptt|cbt|soat|ft|agent|oas|imt|ffct)-[A-Za-z0-9_.-]{20,128}",
        "gl",
    ),
    _key(Kind.NPM_TOKEN, r"npm_[A-Za-z0-9]{36,64}", "npm_"),
    _key(Kind.PYPI_TOKEN, r"pypi-[A-Za-z0-9_-]{50,512}", "pypi-"),
)
TALK_KEYS = (
    _key(
        Kind.SLACK_TOKEN,
        r"(?:xox[abceoprs](?:\.xox[abceoprs])?-[A-Za-z0-9-]{10,512}|xapp-\d-[A-Za-z0-9-]{10,256})",
        "xox",
        "xapp-",
    ),
    pattern_rule(
        Kind.SLACK_TOKEN,
        r"hooks\.slack\.com/(?:services|workflows|triggers)/(?P<secret>[A-Za-z0-9/_+-]{20,128})",
        "hooks.slack.com",
    ),
    pattern_rule(
        Kind.DISCORD_TOKEN,
        r"discord(?:app)?\.com/api/(?:v\d{1,2}/)?webhooks/(?P<secret>\d{15,20}/[A-Za-z0-9_-]{40,128})",
        "/webhooks/",
    ),
    pattern_rule(
        Kind.DISCORD_TOKEN,
        r"(?<![\w.-])[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}(?![\w-]|\.\w)",
        ".",
        accepts=is_mixed,
    ),
    _key(Kind.TELEGRAM_TOKEN, r"\d{8,10}:AA[A-Za-z0-9_-]{32,33}" + _END, ":aa", begin=r"(?<!\d)"),
    _key(Kind.TWILIO_KEY, r"SK[0-9a-f]{32}" + _END, "sk"),
    _key(Kind.SENDGRID_KEY, r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}", "sg."),
)
_SERVICE_FORMS = (
    ("gsk_", r"gsk_[A-Za-z0-9]{40,64}"),
    ("xai-", r"xai-[A-Za-z0-9]{60,128}"),
    ("pplx-", r"pplx-[A-Za-z0-9]{40,64}"),
    ("r8_", r"r8_[A-Za-z0-9]{36,40}"),
    ("fw_", r"fw_[A-Za-z0-9]{22,32}"),
    ("nvapi-", r"nvapi-[A-Za-z0-9_-]{50,80}"),
    ("pcsk_", r"pcsk_[A-Za-z0-9_]{40,80}"),
    ("lsv2_", r"lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}"),
    ("ntn_", r"ntn_[A-Za-z0-9]{40,60}"),
    ("secret_", r"secret_[A-Za-z0-9]{43}"),
    ("lin_", r"lin_(?:api|oauth)_[A-Za-z0-9]{32,64}"),
    ("shp", r"shp(?:at|ca|pa|ss)_[0-9a-f]{32}"),
    ("sq0", r"sq0(?:atp|csp|idp)-[A-Za-z0-9_-]{22,60}"),
    ("dp.", r"dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9_.-]{40,60}"),
    ("fig", r"fig[do]_[A-Za-z0-9_-]{40,60}"),
    ("pmak-", r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}"),
    ("nr", r"NR(?:AK|JS|RA)-[A-Za-z0-9]{19,42}"),
    ("gl", r"gl(?:sa|c)_[A-Za-z0-9_+/=]{32,256}"),
    ("sntry", r"sntry[su]_[A-Za-z0-9_+/=]{40,512}"),
    ("sb", r"sb(?:p|_secret)_[A-Za-z0-9_]{30,64}"),
    ("pscale_", r"pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.-]{32,64}"),
    ("pul-", r"pul-[0-9a-f]{40}"),
    (".atlasv1.", r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{60,70}"),
    ("atatt3", r"ATATT3[A-Za-z0-9_=-]{60,256}"),
    ("atbb", r"ATBB[A-Za-z0-9]{32}"),
    ("hrku-", r"HRKU-[A-Za-z0-9_-]{36,80}"),
    ("fo1_", r"fo1_[A-Za-z0-9_-]{40,64}"),
    ("rnd_", r"rnd_[A-Za-z0-9]{28,40}"),
    ("dckr_", r"dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,64}"),
    ("pat", r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}"),
    ("age-secret-key-1", r"AGE-SECRET-KEY-1[A-Z0-9]{58}"),
    ("rubygems_", r"rubygems_[0-9a-f]{48}"),
    ("tskey-", r"tskey-[a-z]{2,12}-[A-Za-z0-9-]{16,64}"),
    ("whsec_", r"whsec_[A-Za-z0-9+/=]{24,80}"),
    ("key-", r"key-[0-9a-f]{32}"),
    ("-us", r"[0-9a-f]{32}-us\d{1,2}"),
    ("eaa", r"EAA[A-Za-z0-9]{80,300}"),
    ("eyjrijoi", r"eyJrIjoi[A-Za-z0-9_=-]{40,400}"),
    ("cfpat-", r"CFPAT-[A-Za-z0-9_-]{43}"),
    ("sl.", r"sl\.[A-Za-z0-9_-]{130,152}"),
    ("cio", r"cio[A-Za-z0-9]{32}"),
    ("tvly-", r"tvly-[A-Za-z0-9-]{28,48}"),
    ("jina_", r"jina_[A-Za-z0-9_-]{50,80}"),
    ("bkua_", r"bkua_[0-9a-f]{40}"),
    ("ccipat_", r"CCIPAT_[A-Za-z0-9_]{22,80}"),
    ("e2b_", r"e2b_[0-9a-f]{40}"),
)
"""A hint and the form that follows the product's documentation."""
SERVICE_KEYS = (
    _key(
        Kind.STRIPE_KEY,
        r"(?:sk|rk)_(?:live|test|prod)_[A-Za-z0-9]{10,128}",
        "_live_",
        "_test_",
        "_prod_",
    ),
    *(
        pattern_rule(Kind.SERVICE_KEY, r"(?<![A-Za-z0-9_.-])(?:" + form + ")" + _END, hint)
        for hint, form in _SERVICE_FORMS
    ),
)
SIGNED_TOKENS = (
    pattern_rule(
        Kind.JWT,
        r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,4096}\.[A-Za-z0-9_-]{8,8192}"
        r"(?:\.[A-Za-z0-9_-]{0,4096}){0,3}",
        "eyj",
    ),
)
PROVIDER_KEYS = (
    MODEL_PROVIDER_KEYS + CLOUD_KEYS + FORGE_KEYS + TALK_KEYS + SERVICE_KEYS + SIGNED_TOKENS
)
