"""Public names, loaded on first use."""

from .environment import (
    api_variables as api_variables,
    clean_environment as clean_environment,
)
from .fake_query import (
    FakeQuery as FakeQuery,
)
from .http_server import (
    Request as Request,
)
from .notation import (
    find_script as find_script,
    script as script,
)
from .scripted_api import (
    ScriptedAPI as ScriptedAPI,
)
from .steps import (
    Cut as Cut,
    ErrorEvent as ErrorEvent,
    Hang as Hang,
    Malformed as Malformed,
    Say as Say,
    ScriptError as ScriptError,
    Status as Status,
    Step as Step,
    Think as Think,
    Use as Use,
)
from .stores import (
    run_session_store_conformance as run_session_store_conformance,
)
