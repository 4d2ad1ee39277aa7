"""Secrets with a form of their own: tokens that services mark with a prefix.

The prefixes, lengths, and alphabets are facts from two published lists: the default rules of
gitleaks (https://github.com/gitleaks/gitleaks, config/gitleaks.toml, commit 009e025, MIT) and the
plugins of detect-secrets 1.5.0 (https://github.com/Yelp/detect-secrets, Apache-2.0). Lengths are
lower bounds here, because services lengthen their tokens. A rule of gitleaks that only pairs a
service's name with a random value needs no row: `names.py` covers `DATADOG_API_KEY=` and the like.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator

from .form import Form, has_digit, is_varied

__all__ = ["KEYS"]


def _is_url_token(secret: str) -> bool:
    """Return whether the user of a URL is a token rather than a name with a number."""
    if len(secret) >= 20:
        return has_digit(secret)
    return re.fullmatch(r"[A-Za-z._~-]*\d{0,4}", secret) is None


def _is_opaque(secret: str) -> bool:
    """Return whether a text is `user:password` in base64, or looks random."""
    long = len(secret) >= 20 and has_digit(secret)
    return long or _is_credentials(secret)


def _is_aws_key(secret: str) -> bool:
    """Return whether 40 characters have both cases and digits, unlike a checksum."""
    return has_digit(secret) and not secret.islower() and not secret.isupper()


def _has_dot(secret: str) -> bool:
    return "." in secret


def _is_key_material(secret: str) -> bool:
    return re.search(r"[A-Za-z0-9+/=]{20}", secret) is not None


def _is_encoded_private_key(secret: str) -> bool:
    compact = re.sub(r"\s|\\+[nrt]", "", secret)[:96]
    try:
        return b"PRIVATE KEY" in base64.b64decode(compact[: len(compact) // 4 * 4])
    except (ValueError, binascii.Error):
        return False


def _is_credentials(secret: str) -> bool:
    """Return whether a text is `user:password` in base64."""
    try:
        plain = base64.b64decode(secret + "=" * (-len(secret) % 4), validate=True)
    except (ValueError, binascii.Error):
        return False
    return b":" in plain and plain.isascii() and plain.decode("ascii").isprintable()


def _token(kind: str, literals: str, follows: str, judge: Callable[[str], bool] = bool) -> Form:
    """Return the row of a token that begins with a literal, as a word."""
    return Form(kind, literals, follows, judge, word=True)


def _tokens(
    kind: str, literals: str, follows: str, judge: Callable[[str], bool] = bool
) -> Iterator[Form]:
    """Return the rows of tokens that begin with one of several literals."""
    return (_token(kind, literal, follows, judge) for literal in literals.split(" "))


def _auth(quote: str) -> Iterator[Form]:
    """Return the row of `"auth": "..."`, as in the configuration of Docker."""
    mark = rf"\\{{0,8}}{quote}"
    follows = rf"{mark}\s{{0,8}}:\s{{0,8}}b?{mark}(?P<secret>[A-Za-z0-9+/_-]{{6,}}={{0,2}}){mark}"
    yield Form("authorization", f"{quote}auth", follows, _is_opaque)


_PEM = (
    r"[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:[A-Za-z0-9+/=:,.\s]+|-(?!-)|\\+[nrt]){0,20000}(?:-----END [A-Z0-9 ]{0,40}-----)?"
)
_SSH2 = r"[A-Z0-9 ]{0,40}PRIVATE KEY ----(?:[A-Za-z0-9+/=:,.\"\s]|-(?!-)|\\+[nrt]){0,20000}"
_LOGIN = r"[^\s/?#\"'`<>\\:@]*:(?!\d{1,5}[,;)\]}])(?P<secret>[^\s/\"'`<>\\]+)@"
# A line of a table: the id of a key, and the key.
_AWS_ROW = (
    r"[A-Z0-9]{16}[\\\"']{0,4}[ \t]{0,8}(?:[,;|\t]|\\t)[ \t]{0,8}[\\\"']{0,4}"
    r"(?P<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+])"
)
# The key can also be elsewhere beside its id; digits alone tell it from a checksum there.
_AWS_BESIDE = (
    r"[A-Z0-9]{16}(?![A-Za-z0-9])(?:[\s:;,|=>\"'\\()-]|\\[nrt]|(?i:aws|secret|access|key|and|is|_)"
    r"){1,40}(?<![A-Za-z0-9/+])(?P<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])"
)
_AWS_BEFORE = r"(?<![A-Za-z0-9/+])(?P<secret>[A-Za-z0-9/+]{40})(?:[\s:;,|\"'\\]|\\[nrt]){1,20}"
_CRYPT = r"(?:rounds=\d{1,9}\$)?[^\s$:\"'\\]{1,40}\$[A-Za-z0-9./]{40,}"
_W = "[A-Za-z0-9_-]"
_A = "[A-Za-z0-9]"
_H = "[a-fA-F0-9]"

# fmt: off
KEYS: tuple[Form, ...] = (
    Form("private-key", "-----BEGIN ", _PEM, _is_key_material),
    Form("private-key", "---- BEGIN ", _SSH2, _is_key_material),
    Form("private-key", "LS0tLS1CRUdJTi", r"(?:[A-Za-z0-9+/=]|\s(?=[A-Za-z0-9+/]{40})){20,}",
        _is_encoded_private_key),
    Form("private-key", "Private-Lines: ",
        r"\d{1,4}(?P<secret>(?:\s|\\+[nr]|[A-Za-z0-9+/=]){20,})"),
    Form("url-password", "://", _LOGIN),
    Form("url-token", "://", r"(?P<secret>[A-Za-z0-9_.~-]{8,})@(?=[A-Za-z\d])", _is_url_token),
    # artificial intelligence
    Form("anthropic-key", "sk-ant-", rf"{_W}{{8,}}"),
    _token("openai-key", "sk-", rf"{_W}{{20,}}", has_digit),
    _token("openai-key", "sess-", rf"{_A}{{40}}", has_digit),
    _token("groq-key", "gsk_", rf"{_A}{{30,}}"),
    _token("xai-key", "xai-", rf"{_A}{{40,}}"),
    _token("huggingface-token", "hf_", rf"{_A}{{30,}}"),
    _token("huggingface-token", "api_org_", rf"{_A}{{30,}}"),
    _token("perplexity-key", "pplx-", rf"{_A}{{40,}}"),
    _token("replicate-token", "r8_", rf"{_A}{{37,}}"),
    _token("nvidia-key", "nvapi-", rf"{_W}{{40,}}"),
    _token("langchain-key", "lsv2_", r"(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{8,}"),
    _token("pinecone-key", "pcsk_", rf"{_W}{{40,}}"),
    _token("tavily-key", "tvly-", rf"{_W}{{20,}}", has_digit),
    _token("fireworks-key", "fw_", rf"{_A}{{22,}}", has_digit),
    # clouds
    Form("aws-key", "AKIA", _AWS_ROW),
    Form("aws-key", "ASIA", _AWS_ROW),
    *(Form("aws-key", word, _AWS_BESIDE, _is_aws_key) for word in ("AKIA", "ASIA")),
    *(Form("aws-key", word, r"[A-Z0-9]{16}", _is_aws_key, _AWS_BEFORE)
      for word in ("AKIA", "ASIA")),
    _token("aws-key", "AKIA", r"[A-Z0-9]{16}"),
    _token("aws-key", "ASIA", r"[A-Z0-9]{16}"),
    _token("aws-key", "ABIA", r"[A-Z2-7]{16}(?![A-Za-z0-9])"),
    _token("aws-key", "ACCA", r"[A-Z2-7]{16}(?![A-Za-z0-9])"),
    _token("aws-key", "A3T", r"[A-Z0-9][A-Z2-7]{16}(?![A-Za-z0-9])"),
    _token("clickhouse-key", "4b1d", rf"{_A}{{38}}(?![A-Za-z0-9])", is_varied),
    _token("aws-bedrock-key", "ABSK", r"[A-Za-z0-9+/]{100,}={0,2}"),
    _token("google-key", "AIza", rf"{_W}{{35,}}"),
    _token("google-token", "ya29.", rf"{_W}{{20,}}"),
    _token("google-token", "1//0", rf"{_W}{{20,}}", has_digit),
    _token("google-secret", "GOCSPX-", rf"{_W}{{20,}}"),
    _token("alibaba-key", "LTAI", rf"{_A}{{12,30}}(?![A-Za-z0-9])", has_digit),
    _token("digitalocean-token", "dop_v1_", rf"{_H}{{40,}}"),
    _token("digitalocean-token", "doo_v1_", rf"{_H}{{40,}}"),
    _token("digitalocean-token", "dor_v1_", rf"{_H}{{40,}}"),
    _token("databricks-token", "dapi", r"[a-f0-9]{32,}(?:-\d)?"),
    _token("cloudflare-key", "v1.0-", r"[a-f0-9]{24}-[a-f0-9]{100,}"),
    _token("heroku-key", "HRKU-", rf"{_W}{{36,}}"),
    _token("fly-token", "fo1_", rf"{_W}{{40,}}"),
    _token("fly-token", "fm1", r"[ar]_[A-Za-z0-9+/]{80,}={0,3}"),
    _token("fly-token", "fm2_", r"[A-Za-z0-9+/]{80,}={0,3}"),
    _token("vercel-token", "vercel_", rf"{_A}{{24,}}", has_digit),
    _token("pulumi-token", "pul-", r"[a-f0-9]{40}"),
    Form("terraform-token", ".atlasv1.", r"[A-Za-z0-9_=-]{60,}"),
    _token("vault-token", "hvs.", rf"{_W}{{20,}}"),
    _token("vault-token", "hvb.", rf"{_W}{{20,}}"),
    _token("vault-token", "hvr.", rf"{_W}{{20,}}"),
    _token("planetscale-token", "pscale_", r"(?:tkn|oauth|pw)_[\w=.-]{30,}"),
    _token("supabase-key", "sb_secret_", rf"{_W}{{20,}}"),
    _token("supabase-key", "sbp_", r"[a-f0-9]{40}"),
    _token("openshift-token", "sha256~", rf"{_W}{{40,}}"),
    _token("doppler-token", "dp.", rf"(?:pt|st|ct|sa|scim|audit)\.(?:{_W}{{1,40}}\.)?{_A}{{40,}}"),
    _token("scalingo-token", "tk-us-", rf"{_W}{{48}}"),
    _token("dynatrace-token", "dt0", r"[a-z]\d\d\.[A-Za-z0-9]{8,24}\.[A-Za-z0-9]{64}"),
    _token("grafana-token", "glsa_", r"[A-Za-z0-9_]{20,}", has_digit),
    _token("grafana-token", "glc_", r"[A-Za-z0-9+/]{32,}={0,3}"),
    *_tokens("new-relic-key", "NRAK- NRII- NRJS- NRRA- NRAA-", r"[A-Za-z0-9-]{19,}"),
    _token("sentry-token", "sntry", r"[us]_[A-Za-z0-9+/=_]{40,}"),
    _token("tailscale-key", "tskey-", r"[a-z]{2,12}-[A-Za-z0-9-]{12,}"),
    _token("netlify-token", "nfp_", rf"{_A}{{30,}}"),
    _token("render-key", "rnd_", rf"{_A}{{24,}}", has_digit),
    _token("neon-key", "napi_", r"[a-z0-9A-Z]{40,}", has_digit),
    _token("posthog-key", "phx_", rf"{_A}{{32,}}", has_digit),
    _token("okta-token", "SSWS ", rf"{_W}{{30,}}"),
    # code and packages
    _token("github-token", "github_pat_", r"[A-Za-z0-9_]{20,}"),
    _token("github-token", "ghp_", rf"{_A}{{20,}}"),
    _token("github-token", "gho_", rf"{_A}{{20,}}"),
    _token("github-token", "ghu_", rf"{_A}{{20,}}"),
    _token("github-token", "ghs_", rf"{_A}{{20,}}"),
    _token("github-token", "ghr_", rf"{_A}{{20,}}"),
    *_tokens("gitlab-token", "glpat- glptt- gldt- glrt- glrtr- glft- glsoat- glimt- glagent- "
             "glcbt- glffct- glwt-", rf"{_W}{{16,}}(?:\.{_W}{{2,}}){{0,3}}"),
    _token("gitlab-token", "gloas-", rf"{_W}{{40,}}"),
    _token("gitlab-token", "GR1348941", rf"{_W}{{20}}"),
    _token("bitbucket-token", "ATBB", rf"{_A}{{28,}}", has_digit),
    _token("bitbucket-token", "ATCTT3", r"[\w=-]{60,}"),
    _token("atlassian-token", "ATATT3", r"[\w=-]{60,}"),
    _token("npm-token", "npm_", rf"{_A}{{30,}}"),
    _token("pypi-token", "pypi-", rf"{_W}{{50,}}"),
    _token("rubygems-key", "rubygems_", r"[a-f0-9]{40,}"),
    _token("clojars-token", "CLOJARS_", r"[a-z0-9]{50,}"),
    _token("nuget-key", "oy2", r"[a-z0-9]{43}(?![A-Za-z0-9])", has_digit),
    _token("docker-token", "dckr_", rf"(?:pat|oat)_{_W}{{20,}}"),
    _token("artifactory-key", "AKC", rf"[a-zA-Z]{_A}{{60,}}"),
    _token("artifactory-token", "cmVmd", rf"{_A}{{59}}"),
    _token("sourcegraph-token", "sgp_", rf"(?:(?:{_H}{{16}}|local)_)?{_H}{{40}}"),
    _token("figma-token", "figd_", rf"{_W}{{30,}}"),
    _token("contentful-token", "CFPAT-", rf"{_W}{{40,}}"),
    _token("buildkite-token", "bkua_", r"[a-f0-9]{40}"),
    *_tokens("sonar-token", "squ_ sqp_ sqa_", r"[a-f0-9]{40}"),
    _token("codecov-token", "cc_", r"[a-f0-9]{36,}"),
    _token("postman-key", "PMAK-", r"[a-f0-9]{24}-[a-f0-9]{34}"),
    _token("prefect-key", "pnu_", rf"{_A}{{36}}"),
    _token("readme-key", "rdme_", r"[a-z0-9]{60,}"),
    _token("octopus-key", "API-", r"[A-Z0-9]{26}(?![A-Za-z0-9])"),
    _token("infracost-key", "ico-", rf"{_A}{{32}}"),
    _token("harness-key", "pat.", rf"{_W}{{22}}\.{_A}{{24}}\.{_A}{{20}}"),
    _token("harness-key", "sat.", rf"{_W}{{22}}\.{_A}{{24}}\.{_A}{{20}}"),
    _token("settlemint-token", "sm_", rf"(?:aat|pat|sat)_{_A}{{16}}"),
    # messages and mail
    _token("slack-token", "xox", r"[abceoprsd](?:\.xox[bp])?-[A-Za-z0-9-]{10,}"),
    _token("slack-token", "xapp-", r"[A-Za-z0-9-]{10,}"),
    _token("slack-webhook", "hooks.slack", r"(?:-gov)?\.com/[a-z]{1,20}/(?P<secret>[\w/+-]{16,})"),
    Form("discord-webhook", "/webhooks/", rf"(?P<secret>\d{{15,20}}/{_W}{{40,}})"),
    Form("teams-webhook", "/webhookb2/", r"(?P<secret>[A-Za-z0-9@/_-]{16,})"),
    Form("webhook", "/webhook/", r"(?P<secret>[A-Za-z0-9@/_-]{20,})", has_digit),
    Form("webhook", "/hooks/", r"(?:catch/|standard/)?(?P<secret>\d{1,12}/[\w/-]{6,})"),
    Form("webhook", "/hooks/", rf"(?P<secret>{_A}{{20,}}(?:/{_A}{{10,}})?)(?![\w.-])", has_digit),
    Form("webhook", "//hooks.", r"[\w.-]{3,60}/(?P<secret>[\w/-]{10,200})", has_digit),
    Form("webhook", "/bot/v2/hook/", rf"(?P<secret>{_W}{{16,}})"),
    Form("webhook", "/genericWebhook/", r"(?P<secret>[\w/-]{20,})"),
    Form("webhook", "ifttt.com/", rf"[^\s\"'<>]{{1,120}}?/key/(?P<secret>{_W}{{10,}})"),
    Form("webhook", "make.com/", r"(?P<secret>[a-z0-9]{20,})", has_digit),
    Form("telegram-token", "/bot", rf"(?P<secret>\d{{8,12}}:{_W}{{30,}})"),
    _token("sendgrid-key", "SG.", rf"{_W}{{16,}}(?:\.{_W}+)?"),
    _token("brevo-key", "xkeysib-", r"[a-f0-9]{64}-[A-Za-z0-9]{16}"),
    _token("brevo-key", "xsmtpsib-", r"[a-f0-9]{64}-[A-Za-z0-9]{16}"),
    _token("mailgun-key", "key-", r"[a-f0-9]{32}(?![A-Za-z0-9])", has_digit),
    _token("twilio-key", "SK", r"[a-f0-9]{32}(?![A-Za-z0-9])", has_digit),
    _token("resend-key", "re_", rf"{_A}{{8}}_{_A}{{24}}"),
    _token("linear-key", "lin_", rf"(?:api|oauth)_{_A}{{40,}}"),
    _token("notion-token", "ntn_", rf"{_A}{{40,}}"),
    _token("notion-token", "secret_", rf"{_A}{{40,}}", has_digit),
    _token("typeform-token", "tfp_", r"[A-Za-z0-9_.=-]{40,}"),
    _token("airtable-token", "pat", rf"{_A}{{14}}\.{_H}{{60,}}"),
    _token("hubspot-token", "pat-", r"(?:na|eu)\d-[a-f0-9-]{36}"),
    # payments and shops
    _token("stripe-key", "sk_", rf"(?:live|test|prod)_{_A}{{10,}}"),
    _token("stripe-key", "rk_", rf"(?:live|test|prod)_{_A}{{10,}}"),
    _token("stripe-key", "whsec_", r"[A-Za-z0-9+/=]{20,}"),
    _token("square-token", "sq0", rf"[a-z]{{3}}-{_W}{{22,}}"),
    _token("square-token", "EAAA", rf"{_W}{{56,60}}(?![A-Za-z0-9_-])", has_digit),
    _token("facebook-token", "EAA", rf"[MC]{_A}{{80,}}"),
    _token("shopify-token", "shp", rf"(?:at|ca|pa|ss|ua)_{_H}{{32}}"),
    _token("shippo-token", "shippo_", rf"(?:live|test)_{_H}{{40}}"),
    _token("duffel-token", "duffel_", r"(?:test|live)_[\w=-]{40,}"),
    *_tokens("easypost-key", "EZAK EZTK", rf"{_A}{{54}}"),
    _token("flutterwave-key", "FLW", r"(?:SECK|PUBK)(?:_TEST)?-[A-Za-z0-9]{12,}(?:-X)?"),
    _token("frameio-token", "fio-u-", r"[\w=-]{60,}"),
    _token("plaid-token", "access-", r"(?:sandbox|development|production)-[a-f0-9-]{36}"),
    # other
    _token("authorization", "Basic ", r"[ \t]{0,8}(?P<secret>[A-Za-z0-9+/]{6,}={0,2})(?![\w/+])",
        _is_credentials),
    _token("authorization", "basic ", r"[ \t]{0,8}(?P<secret>[A-Za-z0-9+/]{6,}={0,2})(?![\w/+])",
        _is_credentials),
    *_auth('"'),
    *_auth("'"),
    Form("azure-key", "fs.azure.", r"(?:account\.key|sas)[\w.-]{0,120}(?:\\{0,8}[\"'])?"
        r"[ \t]{0,8}[,=: \t][ \t]{0,8}(?:\\{0,8}[\"'])?(?P<secret>[^\s\"'`<>\\|;&]+)"),
    _token("jwt", "eyJ", rf"{_W}{{8,}}(?:\.{_W}+){{0,8}}", _has_dot),
    _token("jwt", "ZXlK", r"[A-Za-z0-9+/=]{60,}", has_digit),
    _token("age-key", "AGE-SECRET-KEY-1", r"[A-Z0-9]{20,}"),
    _token("1password-key", "A3-", r"[A-Z0-9]{6}(?:-[A-Z0-9]{5,11}){4,5}"),
    _token("1password-session", "OP_SESSION_", r"\w{1,60}=[\\\"']{0,4}(?P<secret>[\w+/=-]{16,})"),
    _token("1password-token", "ops_eyJ", r"[A-Za-z0-9+/=_-]{60,}"),
    _token("adobe-secret", "p8e-", r"[A-Za-z0-9]{32}"),
    _token("defined-key", "dnkey-", r"[A-Za-z0-9=_-]{60,}"),
    _token("intra42-secret", "s-s4t2", r"(?:ud|af)-[a-f0-9]{64}"),
    _token("yandex-key", "AQVN", rf"{_W}{{35,}}"),
    Form("password-hash", "$argon2", r"(?:id|i|d)?\$[\w=,.+/$-]{20,}"),
    Form("password-hash", "$2", r"[abxy]?\$\d\d\$[A-Za-z0-9./]{53}"),
    Form("password-hash", "$6$", _CRYPT),
    Form("password-hash", "$5$", _CRYPT),
    Form("password-hash", "$apr1$", r"[A-Za-z0-9./]{1,16}\$[A-Za-z0-9./]{16,}"),
    Form("password-hash", "$1$", r"[A-Za-z0-9./]{1,16}\$[A-Za-z0-9./]{22}"),
    Form("password-hash", "$7$", r"[A-Za-z0-9./]{20,}\$[A-Za-z0-9./]{40,}"),
    Form("password-hash", "SHA}", r"(?P<secret>[A-Za-z0-9+/]{20,}={0,2})"),
    Form("password-hash", "SHA512}", r"(?P<secret>[A-Za-z0-9+/]{40,}={0,2})"),
    Form("password-hash", "SHA256}", r"(?P<secret>[A-Za-z0-9+/]{30,}={0,2})"),
    Form("password-hash", "$y$", r"[^\s:\"'\\]{20,}"),
    Form("password-hash", "pbkdf2_sha", r"\d{1,3}\$\d{2,8}\$[^\s\"'\\]{20,}"),
    Form("vault-data", "$ANSIBLE_VAULT;", r"[\w.;]{1,60}(?P<secret>(?:\s|\\+[nr]|[a-f0-9]){40,})"),
)
# fmt: on
