from .accounts import Account as Account, AccountStore as AccountStore
from .claude_auth import ClaudeAuth as ClaudeAuth, get_auth_headers as get_auth_headers
from .credentials import (
    Credential as Credential,
    CredentialKind as CredentialKind,
    child_environment as child_environment,
)
from .errors import AuthenticationError as AuthenticationError
from .gateway.callback_server import LocalCallbackServer as LocalCallbackServer
from .gateway.config import OAuthConfig as OAuthConfig
from .gateway.flow import OAuthFlow as OAuthFlow
from .login import (
    AuthStatus as AuthStatus,
    gateway_flow as gateway_flow,
    login_to_gateway as login_to_gateway,
    logout as logout,
    refresh_login as refresh_login,
    save_api_key as save_api_key,
    status as status,
)
from .sources import find_credential as find_credential
from .storage import TokenStorage as TokenStorage
from .token import AuthToken as AuthToken
