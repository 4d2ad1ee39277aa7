"""Shapes of secrets as they occur in files, commands, and logs; made at run time from a seed."""

import base64
import json
import random
import string
from collections.abc import Iterator

HEX = "0123456789abcdef"
LETTERS = string.ascii_letters + string.digits
URL_SAFE = LETTERS + "-_"
UPPER = string.ascii_uppercase + "234567"

# kind of token -> its parts: a literal, or an alphabet and a length
TOKENS: dict[str, list[str | tuple[str, int]]] = {
    "anthropic": ["sk-ant-api03-", (URL_SAFE, 93), "AA"],
    "anthropic-oauth": ["sk-ant-oat01-", (URL_SAFE, 80)],
    "openai": ["sk-", (LETTERS, 20), "T3BlbkFJ", (LETTERS, 20)],
    "openai-project": ["sk-proj-", (URL_SAFE, 74), "T3BlbkFJ", (URL_SAFE, 74)],
    "openai-service": ["sk-svcacct-", (URL_SAFE, 74), "T3BlbkFJ", (URL_SAFE, 74)],
    "huggingface": ["hf_", (LETTERS, 34)],
    "groq": ["gsk_", (LETTERS, 52)],
    "xai": ["xai-", (LETTERS, 80)],
    "perplexity": ["pplx-", (LETTERS, 48)],
    "replicate": ["r8_", (LETTERS, 37)],
    "nvidia": ["nvapi-", (URL_SAFE, 64)],
    "langsmith": ["lsv2_pt_", (HEX, 32), "_", (HEX, 10)],
    "pinecone": ["pcsk_", (LETTERS, 70)],
    "aws-id": ["AKIA", (UPPER, 16)],
    "aws-session-id": ["ASIA", (UPPER, 16)],
    "google": ["AIza", (URL_SAFE, 35)],
    "google-oauth": ["ya29.a0", (URL_SAFE, 100)],
    "google-secret": ["GOCSPX-", (URL_SAFE, 28)],
    "azure-secret": [(LETTERS, 3), "8Q~", (URL_SAFE, 34)],
    "alibaba": ["LTAI5t", (LETTERS, 18)],
    "digitalocean": ["dop_v1_", (HEX, 64)],
    "digitalocean-oauth": ["doo_v1_", (HEX, 64)],
    "databricks": ["dapi", (HEX, 32)],
    "heroku": ["HRKU-AA", (URL_SAFE, 58)],
    "fly": ["fm2_", (LETTERS, 120)],
    "pulumi": ["pul-", (HEX, 40)],
    "terraform": [(LETTERS, 14), ".atlasv1.", (URL_SAFE, 67)],
    "vault": ["hvs.", (URL_SAFE, 95)],
    "vault-batch": ["hvb.", (URL_SAFE, 140)],
    "planetscale": ["pscale_tkn_", (URL_SAFE, 43)],
    "planetscale-password": ["pscale_pw_", (URL_SAFE, 43)],
    "supabase": ["sbp_", (HEX, 40)],
    "openshift": ["sha256~", (URL_SAFE, 43)],
    "doppler": ["dp.pt.", (LETTERS, 43)],
    "dynatrace": ["dt0c01.", (UPPER, 24), ".", (UPPER, 64)],
    "grafana": ["glsa_", (LETTERS, 32), "_", (HEX, 8)],
    "grafana-long": ["glsa_", (LETTERS, 32), "_", (HEX, 32)],
    "grafana-tail": ["glsa_", (LETTERS, 32), "_", (LETTERS, 10)],
    "grafana-cloud": ["glc_", (LETTERS, 60)],
    "new-relic": ["NRAK-", (UPPER, 27)],
    "sentry": ["sntryu_", (HEX, 64)],
    "github": ["ghp_", (LETTERS, 36)],
    "github-oauth": ["gho_", (LETTERS, 36)],
    "github-app": ["ghs_", (LETTERS, 36)],
    "github-fine": ["github_pat_", (LETTERS, 22), "_", (LETTERS, 59)],
    "gitlab": ["glpat-", (URL_SAFE, 20)],
    "gitlab-runner": ["glrt-", (URL_SAFE, 20)],
    "gitlab-trigger": ["glptt-", (HEX, 40)],
    "gitlab-deploy": ["gldt-", (URL_SAFE, 20)],
    "bitbucket": ["ATBB", (LETTERS, 32)],
    "atlassian": ["ATATT3", (URL_SAFE, 186)],
    "npm": ["npm_", (LETTERS, 36)],
    "pypi": ["pypi-AgEIcHlwaS5vcmc", (URL_SAFE, 80)],
    "rubygems": ["rubygems_", (HEX, 48)],
    "docker": ["dckr_pat_", (URL_SAFE, 27)],
    "artifactory": ["AKCp", (LETTERS, 69)],
    "sourcegraph": ["sgp_", (HEX, 40)],
    "sonar": ["sqp_", (HEX, 40)],
    "postman": ["PMAK-", (HEX, 24), "-", (HEX, 34)],
    "prefect": ["pnu_", (LETTERS, 36)],
    "slack-bot": ["xoxb-", (string.digits, 12), "-", (string.digits, 12), "-", (LETTERS, 24)],
    "slack-user": ["xoxp-", (string.digits, 12), "-", (LETTERS, 32)],
    "slack-app": ["xapp-1-A", (UPPER, 10), "-", (string.digits, 13), "-", (HEX, 64)],
    "slack-refresh": ["xoxe-1-", (LETTERS, 146)],
    "discord": ["M", (LETTERS, 25), ".", (URL_SAFE, 6), ".", (URL_SAFE, 38)],
    "telegram": [("123456789", 10), ":AA", (URL_SAFE, 33)],
    "telegram-any": ["123456789:", (URL_SAFE, 35)],
    "figma": ["figd_", (URL_SAFE, 40)],
    "tailscale": ["tskey-auth-", (LETTERS, 12), "-", (LETTERS, 32)],
    "tailscale-api": ["tskey-api-", (LETTERS, 12), "-", (LETTERS, 32)],
    "tailscale-client": ["tskey-client-", (LETTERS, 12), "-", (LETTERS, 32)],
    "netlify": ["nfp_", (LETTERS, 36)],
    "render": ["rnd_", (LETTERS, 32)],
    "posthog": ["phx_", (LETTERS, 43)],
    "contentful": ["CFPAT-", (URL_SAFE, 43)],
    "neon": ["napi_", (LETTERS, 64)],
    "openrouter": ["sk-or-v1-", (HEX, 64)],
    "cloudinary": ["cloudinary://123456789012345:", (URL_SAFE, 27), "@x"],
    "buildkite": ["bkua_", (HEX, 40)],
    "posthog-personal": ["phx_", (LETTERS, 48)],
    "mapbox": ["sk.eyJ", (LETTERS, 80), ".", (LETTERS, 22)],
    "apr1": ["$apr1$", (LETTERS, 8), "$", (LETTERS, 22)],
    "md5-crypt": ["$1$", (LETTERS, 8), "$", (LETTERS, 22)],
    "bcrypt-y": ["$2y$10$", (LETTERS, 53)],
    "scrypt": ["$7$CU..../....", (LETTERS, 22), "$", (LETTERS, 43)],
    "sha512-rounds": ["$6$rounds=5000$", (LETTERS, 16), "$", (LETTERS, 86)],
    "twilio": ["SK", (HEX, 32)],
    "sendgrid": ["SG.", (URL_SAFE, 22), ".", (URL_SAFE, 43)],
    "brevo": ["xkeysib-", (HEX, 64), "-", (LETTERS, 16)],
    "mailgun": ["key-", (HEX, 32)],
    "mailchimp": [(HEX, 32), "-us14"],
    "linear": ["lin_api_", (LETTERS, 40)],
    "notion": ["ntn_", (string.digits, 11), (LETTERS, 35)],
    "airtable": ["pat", (LETTERS, 14), ".", (HEX, 64)],
    "hubspot": ["pat-na1-", (HEX, 8), "-", (HEX, 4), "-", (HEX, 4), "-", (HEX, 4), "-", (HEX, 12)],
    "stripe-live": ["sk_live_", (LETTERS, 24)],
    "stripe-test": ["rk_test_", (LETTERS, 24)],
    "stripe-restricted": ["rk_live_", (LETTERS, 99)],
    "stripe-webhook": ["whsec_", (LETTERS, 32)],
    "square": ["sq0atp-", (URL_SAFE, 22)],
    "facebook": ["EAAC", (LETTERS, 120)],
    "shopify": ["shpat_", (HEX, 32)],
    "shippo": ["shippo_live_", (HEX, 40)],
    "duffel": ["duffel_live_", (URL_SAFE, 43)],
    "easypost": ["EZAK", (LETTERS, 54)],
    "plaid": ["access-sandbox-", (HEX, 8), "-", (HEX, 27)],
    "age": ["AGE-SECRET-KEY-1", ("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58)],
    "1password": ["A3-", (UPPER, 6), "-", (UPPER, 11), *["-", (UPPER, 5)] * 3],
    "yandex": ["AQVN", (URL_SAFE, 36)],
    "jwt": ["eyJhbGciOiJIUzI1NiJ9.eyJ", (URL_SAFE, 40), ".", (URL_SAFE, 43)],
    "bcrypt": ["$2b$12$", (LETTERS, 53)],
    "sha512-crypt": ["$6$", (LETTERS, 16), "$", (LETTERS, 86)],
    "argon2": ["$argon2id$v=19$m=65536,t=3,p=4$", (LETTERS, 22), "$", (LETTERS, 43)],
}  # fmt: skip

# Surroundings in which a token can be.
FRAMES = [
    "{}",
    "export X={}",
    '{{"a": "{}", "b": 1}}',
    "a: {}\nb: 1\n",
    "https://example.org/x?y={}&z=1",
    "2026-01-02 03:04:05 INFO using {} for this\n",
    "\x1b[32mINFO\x1b[0m found \x1b[1m{}\x1b[0m here",
    "x = f('{}')",
    '{{"text": "line\\n{}\\nline"}}',
]

# Texts around a password %p, 40 or 32 hexadecimal digits %h and %k, a UUID %u, or base64 %b.
PASSWORDS = r'''
PASS=%p
DB_PASS=%p
PGPASSWORD=%p psql -h db
MYSQL_PWD=%p
SSHPASS=%p
export DB_PASSWORD='%p'
set PASSWORD=%p
$env:PASSWORD = "%p"
password: %p
password: '%p'
password = %p
password = "%p"
Password=%p;
dbPass: "%p"
smtpPassword=%p
{"password": "%p"}
{"password":"%p","user":"x"}
{"body": "{\"password\": \"%p\"}"}
{"a": "{\"b\": \"{\\\"password\\\": \\\"%p\\\"}\"}"}
{'password': '%p', 'user': 'x'}
{"pwd": "%p"}
{"pass": "%p"}
User(name='x', password='%p')
Settings(password=SecretStr('%p'), host='h')
login(password="%p")
login("me", password="%p")
connect(host="h", user="u", passwd="%p")
session.login("me", "%p")
requests.get(url, auth=("me", "%p"))
HTTPBasicAuth('me', '%p')
builder.password("%p")
config.setPassword("%p");
props.put("password", "%p");
define('DB_PASSWORD', '%p');
os.environ["DB_PASSWORD"] = "%p"
os.environ.setdefault("DB_PASSWORD", "%p")
os.getenv("DB_PASSWORD", "%p")
'password' => '%p',
:password => "%p"
my.password=%p
spring.datasource.password: %p
Driver={ODBC Driver 18};Server=h;UID=u;PWD=%p;Encrypt=yes
DSN=x;Uid=u;Pwd=%p
Driver={x};UID=u;PWD={%p;1};
Server=h;Database=d;User Id=u;Password=%p;
Data Source=h;User ID=u;Pwd=%p
jdbc:mysql://h/d?user=u&password=%p
jdbc:sqlserver://h;user=u;password=%p;encrypt=true
jdbc:oracle:thin:scott/%p@h:1521:x
postgresql://u:%p@h:5432/d
mysql+pymysql://u:%p@h/d
mongodb+srv://u:%p@c.example.org/d
redis://:%p@h:6379/0
amqp://u:%p@h//
https://u:%p@example.org/x.git
sqlalchemy.create_engine("postgresql://u:%p@h/d")
http_proxy=u:%p@proxy:3128
ftp://anonymous:%p@h
smb://d;u:%p@h/s
<password>%p</password>
<Password>%p</Password>
<server><username>u</username><password>%p</password></server>
<wsse:Password Type="x">%p</wsse:Password>
&lt;password&gt;%p&lt;/password&gt;
<add key="Password" value="%p" />
<add key="ClearTextPassword" value="%p" />
<property name="password" value="%p"/>
<input type="hidden" name="password" value="%p">
machine h login u password %p
machine h\n  login u\n  password %p\n
default login u password %p
curl -u u:%p https://h
curl --user u:%p https://h
curl -su 'u:%p' https://h
curl -uu:%p https://h
curl https://h --user "u:%p" -o x
wget --user=u --password=%p https://h
wget --http-password %p https://h
http -a u:%p GET h
mysql -u root -p%p d
mysqldump -uroot -p'%p' d
sshpass -p %p ssh h
docker login -u u -p %p h
az login -u u -p %p
sqlcmd -S h -U u -P %p
redis-cli -a %p ping
mongosh --password %p
ldapsearch -x -D cn=x -w %p
htpasswd -b -c f u %p
openssl rsa -passin pass:%p
keytool -storepass %p -list
tool --password %p --verbose
tool --password=%p
tool -password %p
["--password", "%p"]
db:5432:d:u:%p
*:*:*:u:%p
[client]\nuser=u\npassword=%p
password:\n  %p\n
db:\n  password:\n    %p\n
db:\n  password: |\n    %p\n
password: >-\n  %p\nuser: x
"password":\n  "%p"
password: !!str %p
password: &pw %p
{"yaml": "password:\n  %p\n"}
- name: DB_PASSWORD\n  value: %p\n
{"name": "DB_PASSWORD", "value": "%p"}
{"Key": "password", "Value": "%p"}
{"SecretString": "{\"username\":\"u\",\"password\":\"%p\"}"}
password = """%p"""
ENV DB_PASSWORD %p
ARG DB_PASSWORD=%p
docker run -e DB_PASSWORD=%p x
setx DB_PASSWORD %p
requirepass %p
masterauth %p
ansible_password: %p
ansible_ssh_pass=%p
CREATE USER u WITH PASSWORD '%p';
ALTER USER u IDENTIFIED BY '%p';
ConvertTo-SecureString "%p" -AsPlainText
db_password = "%p" # tfvars
client_secret: %p
"clientSecret": "%p"
SECRET_KEY = '%p'
app.secret_key = "%p"
passphrase: %p
Enter passphrase: %p
the password is %p
| password | %p |
| db | \u2502 password \u2502 %p \u2502
password        %p
grant_type=password&username=u&password=%p
password%3D%p
&quot;password&quot;: &quot;%p&quot;
org.x.PlainLoginModule required username="u" password="%p";
\x1b[36mpassword\x1b[0m=\x1b[33m%p\x1b[0m
\x1b[36mpassword\x1b[0m: \x1b[33m"%p"\x1b[0m
{"out": "\u001b[36mpassword\u001b[0m=%p"}
password123=%p
PASSWORD_PROD=%p
passwort: %p
username=u password=%p host=h
X-Api-Key: %p
curl -H "X-Api-Key: %p" h
Authorization: %p
Authorization: Bearer %p
-H "Authorization: Token %p"
headers={"Authorization": "Bearer %p"}
[("X-Api-Key", "%p")]
Cookie: sid=%p; a=b
Set-Cookie: session=%p; HttpOnly
{"Cookie": "session=%p"}
Proxy-Authorization: Basic %b
Authorization: Basic %b
sent Basic %b to it
{"auths": {"h": {"auth": "%b"}}}
{"auths":{"h":{"auth":"%b","email":"x"}}}
//npm.example.org/:_authToken=%h
//npm.example.org/:_password=%b
_auth = %h
token: %h
  token: %h
"token": "%h"
api_token=%p
http://127.0.0.1:8888/lab?token=%h
http://127.0.0.1:8888/?token=%p
ws://h/api?access_token=%h&a=1
tool --token %p
tool --token=%p
login(token="%h")
HF_TOKEN=%p
client-key-data: %h%h
    client-key-data: %h%h\n    token: %h
aws_secret_access_key = %h
aws_session_token = %h%h
"SecretAccessKey": "%h"
DefaultEndpointsProtocol=https;AccountName=x;AccountKey=%h==;EndpointSuffix=core
Endpoint=sb://h/;SharedAccessKeyName=x;SharedAccessKey=%h=
SharedAccessSignature=sr=x&sig=%h&se=1
https://h.blob.core.windows.net/c?sv=2024&sp=r&sig=%h
spark.conf.set("fs.azure.account.key.x.dfs.core.windows.net", "%h")
fs.s3a.secret.key %p
fs.s3a.secret.key=%p
https://hooks.slack.com/services/T0123/B0123/%h
https://discord.com/api/webhooks/123456789012345678/%h%h
https://x.webhook.office.com/webhookb2/%h-%h@%h/IncomingWebhook/%h
https://api.telegram.org/bot123456789:%h/getMe
Ocp-Apim-Subscription-Key: %h
DATADOG_API_KEY=%h
datadog_api_key: "%h"
private_token=%p
encryption_key: %p
"consumer_secret" : "%p"
kubectl create secret generic x --from-literal=password=%p
{"auths": {"h": {"auth": "%h"}}}
{"auths":{"h":{"auth":"%h","email":"x"}}}
{"auths": {"h": {"identitytoken": "%h"}}}
BW_SESSION=%h==
export BW_SESSION="%h=="
bw unlock --raw --session %h
OP_SESSION_my=%h
VAULTWARDEN_SESSION=%h
wandb login %h
wandb login --relogin %h
wandb login --host https://h %h
!wandb login %h
huggingface-cli login --token %p
hf auth login --token %p
gh auth login --with-token <<< %h
gh auth login --with-token <<<"%h"
doctl auth init -t %h
doctl auth init --access-token %h
heroku auth:token %h
heroku auth:token\n%h
$ heroku auth:token\n%h\n
netlify deploy --auth %h
vercel --token %p deploy
vercel -t %h deploy
railway login --token %h
flyctl auth token %h
cargo login %h
snyk auth %h
ngrok authtoken %h
ngrok config add-authtoken %h
tailscale up --authkey %h
tailscale up --auth-key=%h
pulumi login --token %h
composer config http-basic.h u %p
docker login -u u --password-stdin <<< %p
sudo -S ls <<< "%p"
{"username":"a","key":"%k"}
{"username": "a", "key": "%k"}
KAGGLE_KEY=%k
https://x.webhook.office.com/webhookb2/%u@%u/IncomingWebhook/%k/%u
https://outlook.office.com/webhook/%u@%u/IncomingWebhook/%k/%u
https://hooks.slack.com/workflows/T0123/A0123/123456/%k
https://hooks.slack.com/triggers/T0123/123456/%k
https://discordapp.com/api/webhooks/123456789012345678/%h%h
https://discord.com/api/v10/webhooks/123456789012345678/%h%h
https://canary.discord.com/api/webhooks/123456789012345678/%h%h/slack
https://hooks.zapier.com/hooks/catch/123456/%p/
https://maker.ifttt.com/trigger/x/with/key/%h
https://maker.ifttt.com/trigger/x/json/with/key/%h
https://hook.eu1.make.com/%k
https://hooks.airtable.com/workflows/v1/genericWebhook/appABC/wflABC/%k
https://chat.googleapis.com/v1/spaces/AAA/messages?key=k&token=%p
https://open.feishu.cn/open-apis/bot/v2/hook/%u
https://oapi.dingtalk.com/robot/send?access_token=%h
https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=%u
https://mattermost.example.org/hooks/%k
https://prod-1.westus.logic.azure.com/workflows/abc/triggers/manual/paths/invoke?sv=1.0&sig=%h
network={\n  ssid="x"\n  psk="%p %p"\n}
  psk=%h
psk=%h%h
wpa_passphrase=%p
wpa_passphrase MyNet %p
wifi-sec.psk %p
nmcli dev wifi connect x password %p
bob:$apr1$%p$%h
bob:{SHA}%h=
{SSHA}%h==
variable "db_password" {\n default = "%p"
variable "db_password" {\n  type = string\n  default = "%p"\n}
variable "api_token" {\n  description = "x"\n  sensitive = true\n  default     = "%p"\n}
User name,Access key ID,Secret access key\nbob,AKIAABCDEFGHIJKLMNOP,%h
User,AKIAABCDEFGHIJKLMNOP,%h
Access key ID,Secret access key\nAKIAABCDEFGHIJKLMNOP,%h\n
user,password\nbob,%p\nann,%p\n
user,password,host\nbob,%p,h\nann,"%p",h\n
id;api_key\n1;%p\n2;%p\n
"user","secret","x"\n"bob","%p","y"\n
name\ttoken\nbob\t%p\n
url,username,password\nhttps://h,"bob, b",%p\n
{"text": "user,password\nbob,%p\nann,%p\n"}
mot de passe : %p
Mot de passe: %p
Passwort: %p
Kennwort=%p
contraseña: %p
senha: %p
Senha = %p
wachtwoord: %p
hasło: %p
пароль: %p
Пароль = "%p"
密码: %p
密码：%p
パスワード: %p
パスワード＝%p
비밀번호: %p
lösenord: %p
salasana: %p
adgangskode: %p
heslo: %p
parola: %p
mật khẩu: %p
كلمة المرور: %p
סיסמה: %p
şifre: %p
jelszó: %p
κωδικός: %p
{"mot_de_passe": "%p"}
{"\u5bc6\u7801": "%p"}
$ANSIBLE_VAULT;1.1;AES256\n%h%h\n%h%h
'''.strip().split("\n")


def _random(rng: random.Random, alphabet: str, length: int) -> str:
    return "".join(rng.choice(alphabet) for _ in range(length))


def token(rng: random.Random, kind: str) -> str:
    """Return a random token of a kind."""
    parts = TOKENS[kind]
    return "".join(part if isinstance(part, str) else _random(rng, *part) for part in parts)


def password(rng: random.Random) -> str:
    """Return a password that people might choose: letters and digits."""
    return (
        _random(rng, string.ascii_letters, 5)
        + _random(rng, string.digits, 3)
        + _random(rng, LETTERS, 4)
    )


def private_key(rng: random.Random, label: str = "RSA PRIVATE KEY") -> str:
    """Return a text of the form of a private key."""
    lines = "\n".join(_random(rng, LETTERS + "+/", 64) for _ in range(12))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----"


def _fill(rng: random.Random, template: str) -> tuple[str, list[str]]:
    text, secrets = template.replace(r"\n", "\n") if not template.startswith("{") else template, []
    text = text.replace(r"\t", "\t").replace(r"\x1b", "\x1b").replace(r"\u2502", "\u2502")
    for mark, value_from in _VALUES.items():
        while mark in text:
            value = value_from(rng)
            secrets.append(value)
            text = text.replace(mark, value, 1)
    return text, secrets


_VALUES = {
    "%p": password,
    "%h": lambda rng: _random(rng, HEX, 40),
    "%k": lambda rng: _random(rng, HEX, 32),
    "%u": lambda rng: "-".join(_random(rng, HEX, size) for size in (8, 4, 4, 4, 12)),
    "%b": lambda rng: base64.b64encode(f"u:{password(rng)}".encode()).decode(),
}


def all_shapes(seed: int = 1) -> Iterator[tuple[str, str, list[str]]]:
    """Return a name, a text, and the secrets that must not survive, for each shape."""
    rng = random.Random(seed)
    for kind in TOKENS:
        for number, frame in enumerate(FRAMES):
            secret = token(rng, kind)
            yield f"{kind} {number}", frame.format(secret), [secret]
    for template in PASSWORDS:
        text, secrets = _fill(rng, template)
        yield template, text, secrets
    yield from _keys(rng)


def _keys(rng: random.Random) -> Iterator[tuple[str, str, list[str]]]:
    labels = ("RSA PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY",
              "OPENSSH PRIVATE KEY", "PGP PRIVATE KEY BLOCK")  # fmt: skip
    for label in labels:
        key = private_key(rng, label)
        lines = key.split("\n")[1:-1]
        one_line = key.replace("\n", "\\n")
        yield f"{label} whole", f"x\n{key}\ny", lines
        yield f"{label} in one line", f"KEY={one_line}", lines
        yield f"{label} in JSON", json.dumps({"private_key": key, "a": 1}), lines
        yield f"{label} in JSON twice", json.dumps(json.dumps({"k": key})), lines
        yield f"{label} without its end", key[:400], [line for line in lines if line in key[:400]]
        yield f"{label} without its beginning", "\n".join(key.split("\n")[4:]), lines[3:]
        yield f"{label} indented", "a: |\n" + "".join(f"  {x}\n" for x in key.split("\n")), lines
        encoded = base64.b64encode(key.encode()).decode()
        yield f"{label} in base64", f"tls.key: {encoded}", [encoded[40:]]
        yield f"{label} in Python", repr({"key": key}), lines


def missed(text: str, secrets: list[str]) -> bool:
    """Return whether a redacted text still holds a secret, or most of one."""
    return any(
        secret in text or secret[4 : 4 + max(8, len(secret) // 2)] in text for secret in secrets
    )
