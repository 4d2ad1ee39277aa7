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
import functools
import re
from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["KEYS", "Key"]


def _has_digit(secret: str) -> bool:
    return any(map(str.isdigit, secret))


def _is_url_token(secret: str) -> bool:
    """Return whether the user of a URL is a token rather than a name with a number."""
    if len(secret) >= 20:
        return _has_digit(secret)
    return re.fullmatch(r"[A-Za-z._~-]*\d{0,4}", secret) is None


def _is_opaque(secret: str) -> bool:
    """Return whether a text is `user:password` in base64, or looks random."""
    long = len(secret) >= 20 and _has_digit(secret)
    return long or _is_credentials(secret)


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


@dataclass(frozen=True)
class Key:
    """One row: the beginning of a secret, and the pattern of the rest.

    To keep the time linear, a pattern consumes everything that can belong to the secret and fails
    only within a bounded distance; `judge` then decides.

    :param kind: part of the mark
    :param prefix: literal beginning; a text without it is not searched
    :param rest: pattern of the rest; a group `secret` limits the replacement
    :param judge: tells a secret from a lookalike
    :param anywhere: also match in the middle of a word
    :param spaced: the secret can follow after a space
    """

    kind: str
    prefix: str
    rest: str
    judge: Callable[[str], bool] = field(default=bool, repr=False)
    anywhere: bool = False
    spaced: bool = False

    @functools.cached_property
    def pattern(self) -> re.Pattern[str]:
        """The whole pattern. Its literal beginning comes first, which makes the search fast."""
        prefix = re.escape(self.prefix)
        # A word may begin after an escape of JSON, but not with the escape's own letter.
        edges = (rf"<![A-Za-z0-9\\]{prefix}", rf"<=\\[nrt]{prefix}", rf"<=\\u[0-9a-f]{{4}}{prefix}")
        edge = "" if self.anywhere else f"(?:(?{')|(?'.join(edges)}))"
        return re.compile(prefix + edge + self.rest, re.ASCII)


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
_CRYPT = r"(?:rounds=\d{1,9}\$)?[^\s$:\"'\\]{1,40}\$[A-Za-z0-9./]{40,}"
_W = "[A-Za-z0-9_-]"
_A = "[A-Za-z0-9]"
_H = "[a-fA-F0-9]"

# fmt: off
KEYS: tuple[Key, ...] = (
    Key("private-key", "-----BEGIN ", _PEM, _is_key_material, anywhere=True),
    Key("private-key", "---- BEGIN ", _SSH2, _is_key_material, anywhere=True),
    Key("private-key", "LS0tLS1CRUdJTi", r"(?:[A-Za-z0-9+/=]|\s(?=[A-Za-z0-9+/]{40})){20,}",
        _is_encoded_private_key, anywhere=True),
    Key("private-key", "Private-Lines: ", r"\d{1,4}(?P<secret>(?:\s|\\+[nr]|[A-Za-z0-9+/=]){20,})",
        anywhere=True),
    Key("url-password", "://", _LOGIN, anywhere=True, spaced=True),
    Key("url-token", "://", r"(?P<secret>[A-Za-z0-9_.~-]{8,})@(?=[A-Za-z\d])", _is_url_token,
        anywhere=True),
    # artificial intelligence
    Key("anthropic-key", "sk-ant-", rf"{_W}{{8,}}", anywhere=True),
    Key("openai-key", "sk-", rf"{_W}{{20,}}", _has_digit),
    Key("openai-key", "sess-", rf"{_A}{{40}}", _has_digit),
    Key("groq-key", "gsk_", rf"{_A}{{30,}}"),
    Key("xai-key", "xai-", rf"{_A}{{40,}}"),
    Key("huggingface-token", "hf_", rf"{_A}{{30,}}"),
    Key("huggingface-token", "api_org_", rf"{_A}{{30,}}"),
    Key("perplexity-key", "pplx-", rf"{_A}{{40,}}"),
    Key("replicate-token", "r8_", rf"{_A}{{37,}}"),
    Key("nvidia-key", "nvapi-", rf"{_W}{{40,}}"),
    Key("langchain-key", "lsv2_", r"(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{8,}"),
    Key("pinecone-key", "pcsk_", rf"{_W}{{40,}}"),
    Key("tavily-key", "tvly-", rf"{_W}{{20,}}", _has_digit),
    Key("fireworks-key", "fw_", rf"{_A}{{22,}}", _has_digit),
    # clouds
    Key("aws-key", "AKIA", _AWS_ROW, anywhere=True),
    Key("aws-key", "ASIA", _AWS_ROW, anywhere=True),
    Key("aws-key", "AKIA", r"[A-Z0-9]{16}"),
    Key("aws-key", "ASIA", r"[A-Z0-9]{16}"),
    Key("aws-key", "ABIA", r"[A-Z2-7]{16}(?![A-Za-z0-9])"),
    Key("aws-key", "ACCA", r"[A-Z2-7]{16}(?![A-Za-z0-9])"),
    Key("aws-key", "A3T", r"[A-Z0-9][A-Z2-7]{16}(?![A-Za-z0-9])"),
    Key("aws-bedrock-key", "ABSK", r"[A-Za-z0-9+/]{100,}={0,2}"),
    Key("google-key", "AIza", rf"{_W}{{35,}}"),
    Key("google-token", "ya29.", rf"{_W}{{20,}}"),
    Key("google-token", "1//0", rf"{_W}{{20,}}", _has_digit),
    Key("google-secret", "GOCSPX-", rf"{_W}{{20,}}"),
    Key("alibaba-key", "LTAI", rf"{_A}{{12,30}}(?![A-Za-z0-9])", _has_digit),
    Key("digitalocean-token", "dop_v1_", rf"{_H}{{40,}}"),
    Key("digitalocean-token", "doo_v1_", rf"{_H}{{40,}}"),
    Key("digitalocean-token", "dor_v1_", rf"{_H}{{40,}}"),
    Key("databricks-token", "dapi", r"[a-f0-9]{32,}(?:-\d)?"),
    Key("cloudflare-key", "v1.0-", r"[a-f0-9]{24}-[a-f0-9]{100,}"),
    Key("heroku-key", "HRKU-", rf"{_W}{{36,}}"),
    Key("fly-token", "fo1_", rf"{_W}{{40,}}"),
    Key("fly-token", "fm1", r"[ar]_[A-Za-z0-9+/]{80,}={0,3}"),
    Key("fly-token", "fm2_", r"[A-Za-z0-9+/]{80,}={0,3}"),
    Key("vercel-token", "vercel_", rf"{_A}{{24,}}", _has_digit),
    Key("pulumi-token", "pul-", r"[a-f0-9]{40}"),
    Key("terraform-token", ".atlasv1.", r"[A-Za-z0-9_=-]{60,}", anywhere=True),
    Key("vault-token", "hvs.", rf"{_W}{{20,}}"),
    Key("vault-token", "hvb.", rf"{_W}{{20,}}"),
    Key("vault-token", "hvr.", rf"{_W}{{20,}}"),
    Key("planetscale-token", "pscale_", r"(?:tkn|oauth|pw)_[\w=.-]{30,}"),
    Key("supabase-key", "sb_secret_", rf"{_W}{{20,}}"),
    Key("supabase-key", "sbp_", r"[a-f0-9]{40}"),
    Key("openshift-token", "sha256~", rf"{_W}{{40,}}"),
    Key("doppler-token", "dp.", rf"(?:pt|st|ct|sa|scim|audit)\.(?:{_W}{{1,40}}\.)?{_A}{{40,}}"),
    Key("scalingo-token", "tk-us-", rf"{_W}{{48}}"),
    Key("dynatrace-token", "dt0", r"[a-z]\d\d\.[A-Za-z0-9]{8,24}\.[A-Za-z0-9]{64}"),
    Key("grafana-token", "glsa_", r"[A-Za-z0-9_]{20,}", _has_digit),
    Key("grafana-token", "glc_", r"[A-Za-z0-9+/]{32,}={0,3}"),
    Key("new-relic-key", "NR", r"(?:AK|II|JS|RA|AA)-[A-Za-z0-9-]{19,}"),
    Key("sentry-token", "sntry", r"[us]_[A-Za-z0-9+/=_]{40,}"),
    Key("tailscale-key", "tskey-", r"[a-z]{2,12}-[A-Za-z0-9-]{12,}"),
    Key("netlify-token", "nfp_", rf"{_A}{{30,}}"),
    Key("render-key", "rnd_", rf"{_A}{{24,}}", _has_digit),
    Key("neon-key", "napi_", r"[a-z0-9A-Z]{40,}", _has_digit),
    Key("posthog-key", "phx_", rf"{_A}{{32,}}", _has_digit),
    Key("okta-token", "SSWS ", rf"{_W}{{30,}}"),
    # code and packages
    Key("github-token", "github_pat_", r"[A-Za-z0-9_]{20,}"),
    Key("github-token", "ghp_", rf"{_A}{{20,}}"),
    Key("github-token", "gho_", rf"{_A}{{20,}}"),
    Key("github-token", "ghu_", rf"{_A}{{20,}}"),
    Key("github-token", "ghs_", rf"{_A}{{20,}}"),
    Key("github-token", "ghr_", rf"{_A}{{20,}}"),
    Key("gitlab-token", "gl", rf"(?:pat|ptt|dt|rt|rtr|ft|soat|imt|agent|cbt|ffct|wt)-{_W}{{16,}}"
        rf"(?:\.{_W}{{2,}}){{0,3}}"),
    Key("gitlab-token", "gloas-", rf"{_W}{{40,}}"),
    Key("gitlab-token", "GR1348941", rf"{_W}{{20}}"),
    Key("bitbucket-token", "ATBB", rf"{_A}{{28,}}", _has_digit),
    Key("bitbucket-token", "ATCTT3", r"[\w=-]{60,}"),
    Key("atlassian-token", "ATATT3", r"[\w=-]{60,}"),
    Key("npm-token", "npm_", rf"{_A}{{30,}}"),
    Key("pypi-token", "pypi-", rf"{_W}{{50,}}"),
    Key("rubygems-key", "rubygems_", r"[a-f0-9]{40,}"),
    Key("clojars-token", "CLOJARS_", r"[a-z0-9]{50,}"),
    Key("nuget-key", "oy2", r"[a-z0-9]{43}(?![A-Za-z0-9])", _has_digit),
    Key("docker-token", "dckr_", rf"(?:pat|oat)_{_W}{{20,}}"),
    Key("artifactory-key", "AKC", rf"[a-zA-Z]{_A}{{60,}}"),
    Key("artifactory-token", "cmVmd", rf"{_A}{{59}}"),
    Key("sourcegraph-token", "sgp_", rf"(?:(?:{_H}{{16}}|local)_)?{_H}{{40}}"),
    Key("figma-token", "figd_", rf"{_W}{{30,}}"),
    Key("contentful-token", "CFPAT-", rf"{_W}{{40,}}"),
    Key("buildkite-token", "bkua_", r"[a-f0-9]{40}"),
    Key("sonar-token", "sq", r"[upa]_[a-f0-9]{40}"),
    Key("codecov-token", "cc_", r"[a-f0-9]{36,}"),
    Key("postman-key", "PMAK-", r"[a-f0-9]{24}-[a-f0-9]{34}"),
    Key("prefect-key", "pnu_", rf"{_A}{{36}}"),
    Key("readme-key", "rdme_", r"[a-z0-9]{60,}"),
    Key("octopus-key", "API-", r"[A-Z0-9]{26}(?![A-Za-z0-9])"),
    Key("infracost-key", "ico-", rf"{_A}{{32}}"),
    Key("harness-key", "pat.", rf"{_W}{{22}}\.{_A}{{24}}\.{_A}{{20}}"),
    Key("harness-key", "sat.", rf"{_W}{{22}}\.{_A}{{24}}\.{_A}{{20}}"),
    Key("settlemint-token", "sm_", rf"(?:aat|pat|sat)_{_A}{{16}}"),
    # messages and mail
    Key("slack-token", "xox", r"[abceoprsd](?:\.xox[bp])?-[A-Za-z0-9-]{10,}"),
    Key("slack-token", "xapp-", r"[A-Za-z0-9-]{10,}"),
    Key("slack-webhook", "hooks.slack", r"(?:-gov)?\.com/[a-z]{1,20}/(?P<secret>[\w/+-]{16,})"),
    Key("discord-webhook", "/webhooks/", rf"(?P<secret>\d{{15,20}}/{_W}{{40,}})", anywhere=True),
    Key("teams-webhook", "/webhookb2/", r"(?P<secret>[A-Za-z0-9@/_-]{16,})", anywhere=True),
    Key("webhook", "/webhook/", r"(?P<secret>[A-Za-z0-9@/_-]{20,})", _has_digit, anywhere=True),
    Key("webhook", "/hooks/", r"(?:catch/|standard/)?(?P<secret>\d{1,12}/[\w/-]{6,})",
        anywhere=True),
    Key("webhook", "/hooks/", rf"(?P<secret>{_A}{{20,}}(?:/{_A}{{10,}})?)(?![\w.-])", _has_digit,
        anywhere=True),
    Key("webhook", "/bot/v2/hook/", rf"(?P<secret>{_W}{{16,}})", anywhere=True),
    Key("webhook", "/genericWebhook/", r"(?P<secret>[\w/-]{20,})", anywhere=True),
    Key("webhook", "ifttt.com/", rf"[^\s\"'<>]{{1,120}}?/key/(?P<secret>{_W}{{10,}})",
        anywhere=True),
    Key("webhook", "make.com/", r"(?P<secret>[a-z0-9]{20,})", _has_digit, anywhere=True),
    Key("telegram-token", "/bot", rf"(?P<secret>\d{{8,12}}:{_W}{{30,}})", anywhere=True),
    Key("sendgrid-key", "SG.", rf"{_W}{{16,}}(?:\.{_W}+)?"),
    Key("brevo-key", "xkeysib-", r"[a-f0-9]{64}-[A-Za-z0-9]{16}"),
    Key("brevo-key", "xsmtpsib-", r"[a-f0-9]{64}-[A-Za-z0-9]{16}"),
    Key("mailgun-key", "key-", r"[a-f0-9]{32}(?![A-Za-z0-9])", _has_digit),
    Key("twilio-key", "SK", r"[a-f0-9]{32}(?![A-Za-z0-9])", _has_digit),
    Key("resend-key", "re_", rf"{_A}{{8}}_{_A}{{24}}"),
    Key("linear-key", "lin_", rf"(?:api|oauth)_{_A}{{40,}}"),
    Key("notion-token", "ntn_", rf"{_A}{{40,}}"),
    Key("notion-token", "secret_", rf"{_A}{{40,}}", _has_digit),
    Key("typeform-token", "tfp_", r"[A-Za-z0-9_.=-]{40,}"),
    Key("airtable-token", "pat", rf"{_A}{{14}}\.{_H}{{60,}}"),
    Key("hubspot-token", "pat-", r"(?:na|eu)\d-[a-f0-9-]{36}"),
    # payments and shops
    Key("stripe-key", "sk_", rf"(?:live|test|prod)_{_A}{{10,}}"),
    Key("stripe-key", "rk_", rf"(?:live|test|prod)_{_A}{{10,}}"),
    Key("stripe-key", "whsec_", r"[A-Za-z0-9+/=]{20,}"),
    Key("square-token", "sq0", rf"[a-z]{{3}}-{_W}{{22,}}"),
    Key("square-token", "EAAA", rf"{_W}{{56,60}}(?![A-Za-z0-9_-])", _has_digit),
    Key("facebook-token", "EAA", rf"[MC]{_A}{{80,}}"),
    Key("shopify-token", "shp", rf"(?:at|ca|pa|ss|ua)_{_H}{{32}}"),
    Key("shippo-token", "shippo_", rf"(?:live|test)_{_H}{{40}}"),
    Key("duffel-token", "duffel_", r"(?:test|live)_[\w=-]{40,}"),
    Key("easypost-key", "EZ", rf"[AT]K{_A}{{54}}"),
    Key("flutterwave-key", "FLW", r"(?:SECK|PUBK)(?:_TEST)?-[A-Za-z0-9]{12,}(?:-X)?"),
    Key("frameio-token", "fio-u-", r"[\w=-]{60,}"),
    Key("plaid-token", "access-", r"(?:sandbox|development|production)-[a-f0-9-]{36}"),
    # other
    Key("authorization", "Basic ", r"[ \t]{0,8}(?P<secret>[A-Za-z0-9+/]{6,}={0,2})(?![\w/+])",
        _is_credentials),
    Key("authorization", "basic ", r"[ \t]{0,8}(?P<secret>[A-Za-z0-9+/]{6,}={0,2})(?![\w/+])",
        _is_credentials),
    Key("authorization", '"auth', r"\\{0,8}\"\s{0,8}:\s{0,8}\\{0,8}\""
        r"(?P<secret>[A-Za-z0-9+/_-]{6,}={0,2})\\{0,8}\"", _is_opaque, anywhere=True),
    Key("azure-key", "fs.azure.", r"(?:account\.key|sas)[\w.-]{0,120}(?:\\{0,8}[\"'])?"
        r"[ \t]{0,8}[,=: \t][ \t]{0,8}(?:\\{0,8}[\"'])?(?P<secret>[^\s\"'`<>\\|;&]+)",
        anywhere=True, spaced=True),
    Key("jwt", "eyJ", rf"{_W}{{8,}}(?:\.{_W}+){{0,8}}", _has_dot),
    Key("jwt", "ZXlK", r"[A-Za-z0-9+/=]{60,}", _has_digit),
    Key("age-key", "AGE-SECRET-KEY-1", r"[A-Z0-9]{20,}"),
    Key("1password-key", "A3-", r"[A-Z0-9]{6}(?:-[A-Z0-9]{5,11}){4,5}"),
    Key("1password-session", "OP_SESSION_", r"\w{1,60}=[\\\"']{0,4}(?P<secret>[\w+/=-]{16,})"),
    Key("1password-token", "ops_eyJ", r"[A-Za-z0-9+/=_-]{60,}"),
    Key("adobe-secret", "p8e-", r"[A-Za-z0-9]{32}"),
    Key("defined-key", "dnkey-", r"[A-Za-z0-9=_-]{60,}"),
    Key("intra42-secret", "s-s4t2", r"(?:ud|af)-[a-f0-9]{64}"),
    Key("yandex-key", "AQVN", rf"{_W}{{35,}}"),
    Key("password-hash", "$argon2", r"(?:id|i|d)?\$[\w=,.+/$-]{20,}", anywhere=True),
    Key("password-hash", "$2", r"[abxy]?\$\d\d\$[A-Za-z0-9./]{53}", anywhere=True),
    Key("password-hash", "$6$", _CRYPT, anywhere=True),
    Key("password-hash", "$5$", _CRYPT, anywhere=True),
    Key("password-hash", "$apr1$", r"[A-Za-z0-9./]{1,16}\$[A-Za-z0-9./]{16,}", anywhere=True),
    Key("password-hash", "$1$", r"[A-Za-z0-9./]{1,16}\$[A-Za-z0-9./]{22}", anywhere=True),
    Key("password-hash", "$7$", r"[A-Za-z0-9./]{20,}\$[A-Za-z0-9./]{40,}", anywhere=True),
    Key("password-hash", "SHA}", r"(?P<secret>[A-Za-z0-9+/]{20,}={0,2})", anywhere=True),
    Key("password-hash", "SHA512}", r"(?P<secret>[A-Za-z0-9+/]{40,}={0,2})", anywhere=True),
    Key("password-hash", "SHA256}", r"(?P<secret>[A-Za-z0-9+/]{30,}={0,2})", anywhere=True),
    Key("password-hash", "$y$", r"[^\s:\"'\\]{20,}", anywhere=True),
    Key("password-hash", "pbkdf2_sha", r"\d{1,3}\$\d{2,8}\$[^\s\"'\\]{20,}", anywhere=True),
    Key("vault-data", "$ANSIBLE_VAULT;", r"[\w.;]{1,60}(?P<secret>(?:\s|\\+[nr]|[a-f0-9]){40,})",
        anywhere=True),
)
# fmt: on
