"""`%%claude` and `%claude`."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast, get_args

from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand
from IPython.core.magic_arguments import argument, magic_arguments
from traitlets import Bool, Float, Integer, List, Unicode

from ...errors import ClaudeSDKError
from ...messages import JSONObject
from ...permissions import PermissionMode
from ...permissions.types import MODES
from ...replay import Replay, ReplayMode
from ...turns.background_loop import BackgroundLoop
from ...turns.front_end import Output, shown
from ...turns.handle import TurnHandle, result_of
from ...turns.jobs import Job, Jobs
from ...turns.live_conversation import NotebookConversation
from ...turns.replay_settings import Playing, Wish
from ...turns.request import (
    BYPASS_FLAG,
    LaunchSettings,
    TurnRequest,
    content_with,
    working_directory,
)
from ...turns.state import TrustStore
from ...turns.trust import bypass
from ...turns.trust.trust import Gate
from ...turns.turn import Turn
from ...turns.undo.rewind import LateRewind, RewindTurn, turns_back
from ..output.outputs import (
    StaticOutput,
    WidgetOutput,
    can_answer,
    choose_output,
)
from ..output.terminal import TerminalOutput
from .arguments import MagicArguments, parse
from .commands import Call, Desk, Told, in_words, read_command

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from ...render.view.turn_view import TurnView


@dataclass(frozen=True)
class _Asked:
    """What a cell asks for: a command of ours, or a prompt; `alone` if it does nothing else."""

    arguments: MagicArguments
    prompt: str
    call: Call | None
    alone: bool


@magics_class
class ClaudeMagics(Magics):
    """Defaults for every cell; a flag wins for its cell. `%config ClaudeMagics` lists them."""

    allow_dangerously_skip_permissions = Bool(
        False, help="Whether the mode bypassPermissions, which allows everything, may be chosen."
    ).tag(config=True)
    model = Unicode("", help="A model's name or alias; empty for the CLI's default.").tag(
        config=True
    )
    mode = Unicode("", help="The permission mode; empty for the CLI's default.").tag(config=True)
    system = Unicode("", help="Added to Claude Code's system prompt.").tag(config=True)
    allow = List(Unicode(), help="Tools or rules that need no question.").tag(config=True)
    deny = List(Unicode(), help="Tools or rules that are never allowed.").tag(config=True)
    add_dirs = List(Unicode(), help="Folders besides the working directory.").tag(config=True)
    max_turns = Integer(0, help="Rounds after which a turn stops; 0 for no bound.").tag(config=True)
    budget = Float(0.0, help="US dollars after which a turn stops; 0 for no bound.").tag(
        config=True
    )
    max_background = Integer(4, help="So many background turns may run at once.").tag(config=True)
    checkpoint = Bool(False, help="Keep files as they were before each turn.").tag(config=True)
    trust_project = Bool(
        False, help="Load hooks, servers and rules of any folder without asking."
    ).tag(config=True)
    replay = Unicode("", help="Record and play turns: auto, only, record or off.").tag(config=True)
    cassettes = Unicode("", help="Where recordings are; empty for the folder cassettes.").tag(
        config=True
    )
    speed = Float(
        None, allow_none=True, help="Of what is played: 1 is as recorded, 0 does not wait."
    ).tag(config=True)
    apply = Unicode("", help="A folder for recorded changes of data, prose, and source.").tag(
        config=True
    )
    run_tools = Bool(False, help="Run your tools and hooks again in played turns.").tag(config=True)
    keep_log = Bool(True, help="Write turns down, so that /restore can show them again.").tag(
        config=True
    )
    warm = Bool(True, help="Start the CLI when the extension is loaded.").tag(config=True)

    def __init__(
        self,
        shell: InteractiveShell,
        conversation: NotebookConversation,
        loop: BackgroundLoop,
        notebook: str | None = None,
        trusted: TrustStore | None = None,
    ) -> None:
        super().__init__(shell)
        self._shell = shell
        self._conversation = conversation
        self._loop = loop
        self._notebook = notebook
        self._gate = Gate(trusted or TrustStore.of_user(), lambda: bool(self.trust_project))
        self._playing = Playing(notebook)
        self._consent = bypass.Consent()
        self.jobs = Jobs(loop, lambda: self.max_background)
        conversation.log.wanted = lambda: bool(self.keep_log)
        self.desk = Desk(conversation, self.jobs, self)

    # --- the magics ------------------------------------------------------------------------------

    @magic_arguments()
    @argument("--model", help="model or alias for this cell: opus, sonnet, haiku, or a full name")
    @argument("--new", action="store_true", help="start a new conversation")
    @argument("--mode", choices=MODES, help="how tools are treated that no rule covers")
    @argument("--max-turns", type=int, metavar="N", help="stop after N rounds of model and tools")
    @argument("--cwd", metavar="DIR", help="work in this folder")
    @argument(
        "--add-dir",
        action="append",
        metavar="DIR",
        help="a further folder to work in; again for more",
    )
    @argument("--system", metavar="TEXT", help="add this to the system prompt")
    @argument(
        "--allow",
        action="append",
        metavar="RULE",
        help='allow without asking: Bash, "Bash(git *)", Edit; again for more',
    )
    @argument(
        f"--{BYPASS_FLAG}",
        action="store_true",
        help="let --mode bypassPermissions be chosen, which allows everything",
    )
    @argument("--deny", action="append", metavar="RULE", help="never allow; again for more")
    @argument("--budget", type=float, metavar="USD", help="stop when this much is spent")
    @argument("--resume", metavar="ID", help="go on with this conversation")
    @argument("--fork", action="store_true", help="go on in a copy; the original stays as it is")
    @argument(
        "--attach",
        action="append",
        metavar="FILE",
        help="send a picture, PDF or text file along; again for more",
    )
    @argument(
        "--checkpoint",
        action="store_true",
        help="keep files as they were before, so that %%claude /rewind can bring them back",
    )
    @argument(
        "--trust-project",
        action="store_true",
        help="load the folder's hooks, MCP servers and allow rules without asking",
    )
    @argument("--replay", choices=get_args(ReplayMode), help="play or record this turn")
    @argument("--speed", type=float, metavar="N", help="1 plays as recorded, 0 without waiting")
    @argument("--apply", metavar="DIR", help="repeat changes of data, prose, and source in DIR")
    @argument("--run-tools", action="store_true", help="run your own tools again while playing")
    @argument("--plain", action="store_true", help="show plain text only")
    @argument("--bg", action="store_true", help="go on in the background; gives a handle at once")
    @argument(
        "--same",
        action="store_true",
        help="with --bg: in the notebook's own conversation, after what was asked before",
    )
    @argument("--as", dest="handle", metavar="NAME", help="with --bg: the handle's variable")
    @argument("prompt", nargs="*", help="the prompt; in a %%%%claude cell, the cell is the prompt")
    @no_var_expand
    @line_cell_magic
    def claude(self, line: str, cell: str | None = None) -> Job | None:
        """Ask Claude Code. It works with the files around this notebook, and answers here.

        The cell (or the rest of the line) is the prompt, exactly as it stands: braces, dollars and
        quotes need no escaping. Cells go on with one conversation; --new starts another one.

        With --bg the cell is done at once, and its panel goes on while other cells run. The turn
        has a copy of the conversation so far. `job = %claude --bg ...` gives the handle too:
        `await job` for the answer, job.stop(), job.state, job.text, job.result. The kernel's
        interrupt does not stop it: its own Stop button does, and %claude /stop.

        A prompt that begins with a slash is a command: %claude /help lists them. Tab completes
        commands, flags, models, modes, and files after @.

        In Python, `await main()` runs an async function of yours: `anyio.run(main)` cannot run
        inside a notebook, which has a running event loop already.
        """
        with self._readable():
            asked = self._asked(line, cell or "", alone=False)
            if asked.call is not None:
                self._tell(self._called(asked.call).result(), asked)
            elif asked.arguments.bg:
                return self._in_background(asked)
            else:
                turn, output = self._turn(asked)
                with shown(output):
                    TurnHandle(turn, output, self._loop).wait_blocking()
        return None

    async def run_cell(self, line: str, body: str) -> Job | None:
        """A `%%claude` cell, as the input transformer calls it."""
        with self._readable():
            asked = self._asked(line, body, alone=True)
            if asked.call is not None:
                self._tell(await result_of(self._called(asked.call)), asked)
            elif asked.arguments.bg:
                job = self._in_background(asked)
                return job.announced() if self._in_kernel else job
            else:
                turn, output = self._turn(asked)
                with shown(output):
                    handle = TurnHandle(turn, output, self._loop)
                    await handle.wait(catch_sigint=not self._in_kernel)
        return None

    async def run_line(self, line: str, body: str) -> Job | None:
        """A lone `%claude` line, as the input transformer calls it."""
        return await self.run_cell(line, body)

    # --- from the line to the turn ---------------------------------------------------------------

    @property
    def _namespace(self) -> dict[str, object]:
        return cast("dict[str, object]", self._shell.user_ns)

    @property
    def _in_kernel(self) -> bool:
        return getattr(self._shell, "kernel", None) is not None

    def _asked(self, line: str, body: str, *, alone: bool) -> _Asked:
        arguments = parse(self.claude.parser, line)
        # IPython ends every cell with a newline; the person did not.
        parts = (arguments.prompt, body.removesuffix("\n"))
        prompt = "\n".join(part for part in parts if part.strip())
        call, prompt = read_command(arguments, prompt)
        return _Asked(arguments, prompt, call, alone)

    def _called(self, call: Call) -> Future[Told]:
        run, rest = call
        return self._loop.submit(run, self.desk, rest)

    def _in_background(self, asked: _Asked) -> Job:
        self.jobs.check_room()
        own = not asked.arguments.same
        turn, output = self._turn(asked, self._conversation.fork() if own else None)
        output.start()
        job = self.jobs.start(asked.prompt, turn, output, own=own)
        self._namespace["_claude"] = job
        if asked.arguments.handle is not None:
            self._namespace[asked.arguments.handle] = job
        return job

    def _turn(
        self, asked: _Asked, conversation: NotebookConversation | None = None
    ) -> tuple[Turn, Output]:
        from ...render.view.turn_view import TurnView
        from ...turns.questions.questions import Asking

        request = self._request(asked)
        view = TurnView(time.time() * 1000, can_stop=True)
        turn = self._turn_of(asked, conversation or self._conversation, request, view)
        if can_answer(self._shell) and not request.plain:
            turn.asking = Asking(view, request.launch.cwd, partial(_badge, view))
            turn.asking.on_rules = partial(self._gate.learn, request.launch.cwd)
        turn.gate, turn.consent = self._gate, self._consent
        self._namespace["_claude"] = turn
        stop = partial(self._stop, turn)
        post = self._loop.post
        hear = partial(self._hear, turn)
        output = choose_output(
            self._shell,
            view,
            stop,
            post,
            hear,
            plain=request.plain,
            background=asked.arguments.bg,
            alone=asked.alone,
        )
        if isinstance(output, WidgetOutput):
            turn.on_rewind = LateRewind(turn, output).run
        return turn, output

    def _turn_of(
        self,
        asked: _Asked,
        conversation: NotebookConversation,
        request: TurnRequest,
        view: TurnView,
    ) -> Turn:
        back = turns_back(asked.prompt)
        if back is not None:
            return RewindTurn(self._conversation, request, view, back=back)
        note = f"background turn {self.jobs.next_number}" if asked.arguments.bg else ""
        return Turn(conversation, request, view, note=note)

    def _hear(self, turn: Turn, message: JSONObject) -> None:
        self._loop.submit(turn.receive, message)

    def _stop(self, turn: Turn) -> None:
        self._loop.submit(turn.stop)

    def _request(self, asked: _Asked) -> TurnRequest:
        arguments = asked.arguments
        launch = self.launch_settings(arguments)
        mode = arguments.mode or self.mode or None
        bypass.check(mode, opted_in=launch.bypass)
        return TurnRequest(
            content=content_with(asked.prompt, arguments.attach, launch.cwd),
            launch=launch,
            model=arguments.model or self.model or None,
            mode=cast("PermissionMode | None", mode),
            new=arguments.new,
            resume=arguments.resume,
            fork=arguments.fork,
            plain=arguments.plain,
        )

    def launch_settings(self, arguments: MagicArguments | None = None) -> LaunchSettings:
        """What the process must be started with for a cell with these arguments."""
        given = arguments or MagicArguments()
        cwd = working_directory(given.cwd)
        launch = LaunchSettings(
            cwd=cwd,
            env=dict(os.environ),
            add_dirs=tuple(os.path.expanduser(one) for one in (*self.add_dirs, *given.add_dir)),
            system=given.system or self.system or None,
            allow=(*self.allow, *given.allow),
            deny=(*self.deny, *given.deny),
            budget=given.budget or self.budget or None,
            max_turns=given.max_turns or self.max_turns or None,
            bypass=given.allow_dangerously_skip_permissions
            or self.allow_dangerously_skip_permissions,
            notebook=self._notebook,
            checkpoint=given.checkpoint or self.checkpoint,
            replay=self._replay(given, cwd),
        )
        return self._gate.known(launch, told=given.trust_project)

    def _replay(self, given: MagicArguments, cwd: str) -> Replay | None:
        flags = Wish(given.replay, given.speed, given.apply, run_tools=given.run_tools)
        config = Wish(self.replay, self.speed, self.apply, self.cassettes, self.run_tools)
        attended = can_answer(self._shell)
        return self._playing.settings(flags, config, os.environ, cwd, attended=attended)

    # --- errors ----------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _readable(self) -> Iterator[None]:
        """Errors as a box in the cell, an error status, and one line in place of a traceback."""
        begun = self._namespace.get("_claude")
        try:
            yield
        except ClaudeSDKError as error:
            if self._namespace.get("_claude") is begun:
                self._show(error)
            line, *_ = str(error).splitlines() or [""]
            text = [f"\x1b[31m{type(error).__name__}\x1b[0m: {line}"]
            error._render_traceback_ = lambda: text  # type: ignore[attr-defined]  # IPython's hook
            raise

    def _show(self, error: ClaudeSDKError) -> None:
        """The box of an error that came before there was a turn."""
        from ...render.view.turn_view import TurnView

        view = TurnView()
        view.error(error, time.time() * 1000)
        view.finish("failed", time.time() * 1000)
        self._show_whole(view)

    def _tell(self, told: Told, asked: _Asked) -> None:
        """What a command has answered."""
        for view in (in_words(told),) if isinstance(told, str) else told:
            self._show_whole(view, plain=asked.arguments.plain)

    def _show_whole(self, view: TurnView, *, plain: bool = False) -> None:
        output = StaticOutput(view, plain=plain) if self._in_kernel else TerminalOutput(view)
        output.finish()

    def end(self) -> None:
        """End the CLI for good; its conversation can be resumed by another one."""
        self._loop.submit(self.jobs.end)
        self._loop.submit(self._conversation.end)


def _badge(view: TurnView, waiting: int) -> None:
    view.totals.update(waiting=waiting)
