"""The `%%claude` and `%claude` magics, which turn a cell into a turn and a turn into an output."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import time
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

from IPython.core.magic import line_cell_magic, magics_class, no_var_expand
from traitlets import Bool, Integer, Unicode

from ...errors import ClaudeSDKError
from ...messages import JSONObject
from ...replay import Replay
from ...turns.background_loop import BackgroundLoop
from ...turns.front_end import Output, show_output
from ...turns.handle import TurnHandle, result_of
from ...turns.jobs import Job, Jobs
from ...turns.live_conversation import LiveConversation
from ...turns.replay_settings import NotebookReplay, ReplayFlags
from ...turns.request import (
    LaunchSettings,
    TurnRequest,
    build_content,
)
from ...turns.sign_in.turn import SignInTurn, is_login, offer_sign_in
from ...turns.state import TrustStore
from ...turns.trust import bypass
from ...turns.trust.trust import TrustGate
from ...turns.turn import Turn
from ...turns.undo.rewind import RewindButton, RewindTurn, turns_back
from ..output.outputs import (
    StaticOutput,
    WidgetOutput,
    can_answer,
    choose_output,
)
from ..output.terminal import TerminalOutput
from .arguments import parse
from .commands import (
    CommandContext,
    CommandReply,
    RunnableCommand,
    read_command,
    view_from_markdown,
)
from .flag_bindings import (
    FlagDefaults,
    build_target,
    merge_defaults,
    read_defaults,
    with_flags,
)
from .flags import MagicArguments

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from ...render.view.turn_view import TurnView


@dataclass(frozen=True)
class _CellInput:
    """A parsed cell.

    :param call: the notebook command that the cell runs; None for a prompt.
    :param alone: whether the cell contains nothing but this magic.
    """

    arguments: MagicArguments
    prompt: str
    call: RunnableCommand | None
    alone: bool


@magics_class
class ClaudeMagics(FlagDefaults):
    """Defaults for every cell; a flag overrides its default. `%config ClaudeMagics` lists them."""

    max_background = Integer(4, help="Number of background turns that may run at once.").tag(
        config=True
    )
    cassettes = Unicode("", help="Folder of recordings; empty for `cassettes`.").tag(config=True)
    keep_log = Bool(True, help="Log turns, so that /restore can show them again.").tag(config=True)
    warm = Bool(True, help="Start the CLI when the extension loads.").tag(config=True)

    def __init__(
        self,
        shell: InteractiveShell,
        conversation: LiveConversation,
        loop: BackgroundLoop,
        notebook: str | None = None,
        trusted: TrustStore | None = None,
    ) -> None:
        super().__init__(shell)
        self._shell = shell
        self._conversation = conversation
        self._loop = loop
        self._notebook = notebook
        self._trust_gate = TrustGate(
            trusted or TrustStore.of_user(), lambda: bool(self.trust_project)
        )
        conversation.admits = self._trust_gate.admits
        self._notebook_replay = NotebookReplay(notebook)
        self._bypass_consent = bypass.Consent()
        self.jobs = Jobs(loop, lambda: self.max_background)
        conversation.log.is_enabled = lambda: bool(self.keep_log)
        self.context = CommandContext(conversation, self.jobs, self)

    # --- the magics ------------------------------------------------------------------------------

    @with_flags
    @no_var_expand
    @line_cell_magic
    def claude(self, line: str, cell: str | None = None) -> Job | None:
        """Ask Claude Code. It works with the files around this notebook and answers here.

        The cell, or the rest of the line, is the prompt, exactly as written: braces, dollar signs
        and quotes need no escaping. All cells share one conversation; --new starts another.

        With --bg the cell finishes at once, and its panel keeps updating while other cells run. The
        turn works in a copy of the conversation so far. `job = %claude --bg ...` also returns the
        handle: `await job` for the answer, job.stop(), job.state, job.text, job.result. A kernel
        interrupt does not stop it; its Stop button and %claude /stop do.

        A prompt that begins with a slash is a command: %claude /help lists them. Tab completes
        commands, flags, models, modes, and files after @.

        In Python, run an async function with `await main()`: `anyio.run(main)` fails in a notebook,
        which already runs an event loop.
        """
        with self._readable_errors():
            cell_input = self._read_cell(line, cell or "", alone=False)
            if cell_input.call is not None:
                self._show_reply(self._start_command(cell_input.call).result(), cell_input)
            elif cell_input.arguments.bg:
                return self._start_background_turn(cell_input)
            else:
                turn, output = self._create_turn(cell_input)
                with show_output(output):
                    TurnHandle(turn, output, self._loop).wait_blocking()
        return None

    async def run_cell(self, line: str, body: str) -> Job | None:
        """Run a `%%claude` cell, as rewritten by the input transformer."""
        with self._readable_errors():
            cell_input = self._read_cell(line, body, alone=True)
            if cell_input.call is not None:
                reply = await result_of(self._start_command(cell_input.call))
                self._show_reply(reply, cell_input)
            elif cell_input.arguments.bg:
                job = self._start_background_turn(cell_input)
                return job.mark_shown() if self._in_kernel else job
            else:
                turn, output = self._create_turn(cell_input)
                with show_output(output):
                    handle = TurnHandle(turn, output, self._loop)
                    await handle.wait(catch_sigint=not self._in_kernel)
        return None

    async def run_line(self, line: str, body: str) -> Job | None:
        """Run a cell that is a single `%claude` line, as rewritten by the input transformer."""
        return await self.run_cell(line, body)

    # --- from the line to the turn ---------------------------------------------------------------

    @property
    def _namespace(self) -> dict[str, object]:
        return cast("dict[str, object]", self._shell.user_ns)

    @property
    def _in_kernel(self) -> bool:
        return getattr(self._shell, "kernel", None) is not None

    def _read_cell(self, line: str, body: str, *, alone: bool) -> _CellInput:
        arguments = parse(self.claude.parser, line)
        # IPython appends a newline to every cell, which is not part of the prompt.
        parts = (arguments.prompt, body.removesuffix("\n"))
        prompt = "\n".join(part for part in parts if part.strip())
        call, prompt = read_command(arguments, prompt)
        return _CellInput(arguments, prompt, call, alone)

    def _start_command(self, call: RunnableCommand) -> Future[CommandReply]:
        run, argument = call
        return self._loop.submit(run, self.context, argument)

    def _start_background_turn(self, cell_input: _CellInput) -> Job:
        self.jobs.check_capacity()
        own = not cell_input.arguments.same
        turn, output = self._create_turn(cell_input, self._conversation.fork() if own else None)
        output.start()
        job = self.jobs.start(cell_input.prompt, turn, output, own=own)
        self._namespace["_claude"] = job
        if cell_input.arguments.handle is not None:
            self._namespace[cell_input.arguments.handle] = job
        return job

    def _create_turn(
        self, cell_input: _CellInput, conversation: LiveConversation | None = None
    ) -> tuple[Turn, Output]:
        from ...render.view.turn_view import TurnView
        from ...turns.questions.questions import QuestionDesk

        request = self._create_request(cell_input)
        view = TurnView(time.time() * 1000, can_stop=True)
        turn = self._build_turn(cell_input, conversation or self._conversation, request, view)
        if can_answer(self._shell) and not request.plain:
            turn.asking = QuestionDesk(view, request.launch.cwd, partial(_update_badge, view))
            turn.asking.on_rules = partial(self._trust_gate.learn, request.launch.cwd)
        turn.gate, turn.consent = self._trust_gate, self._bypass_consent
        self._namespace["_claude"] = turn
        output = choose_output(
            self._shell,
            view,
            partial(self._stop, turn),
            self._loop.post,
            partial(self._receive, turn),
            plain=request.plain,
            background=cell_input.arguments.bg,
            alone=cell_input.alone,
        )
        if isinstance(output, WidgetOutput):
            turn.on_rewind = RewindButton(turn, output).run
        return turn, output

    def _build_turn(
        self,
        cell_input: _CellInput,
        conversation: LiveConversation,
        request: TurnRequest,
        view: TurnView,
    ) -> Turn:
        back = turns_back(cell_input.prompt)
        if back is not None:
            return RewindTurn(self._conversation, request, view, back=back)
        if is_login(cell_input.prompt):
            return SignInTurn(self._conversation, request, view)
        note = f"background turn {self.jobs.next_number}" if cell_input.arguments.bg else ""
        return Turn(conversation, request, view, note=note, offer_sign_in=offer_sign_in)

    def _receive(self, turn: Turn, message: JSONObject) -> None:
        # This already runs on the background loop, so an answer does not need another hop.
        if not turn.receive_answer(message):
            self._loop.submit(turn.receive, message)

    def _stop(self, turn: Turn) -> None:
        self._loop.submit(turn.stop)

    def _create_request(self, cell_input: _CellInput) -> TurnRequest:
        launch = self.launch_settings(cell_input.arguments)
        arguments = merge_defaults(cell_input.arguments, read_defaults(self))
        bypass.check(arguments.mode, opted_in=launch.bypass)
        content = build_content(cell_input.prompt, arguments.attach, launch.cwd)
        return build_target(TurnRequest, "request", arguments, content=content, launch=launch)

    def launch_settings(self, arguments: MagicArguments | None = None) -> LaunchSettings:
        """Return the settings that the CLI process must have for a cell with these arguments."""
        line = arguments or MagicArguments()
        merged = merge_defaults(line, read_defaults(self))
        launch = build_target(
            LaunchSettings, "launch", merged, env=dict(os.environ), notebook=self._notebook
        )
        launch = dataclasses.replace(launch, replay=self._replay(line, launch.cwd))
        return self._trust_gate.apply_known(launch, trusted=line.trust_project)

    def _replay(self, line: MagicArguments, cwd: str) -> Replay | None:
        flags = build_target(ReplayFlags, "replay", line)
        config = build_target(ReplayFlags, "replay", read_defaults(self), folder=self.cassettes)
        attended = can_answer(self._shell)
        return self._notebook_replay.settings(flags, config, os.environ, cwd, attended=attended)

    # --- errors ----------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _readable_errors(self) -> Iterator[None]:
        """Show errors as a box in the cell, with an error status and one line, but no traceback."""
        turn_before = self._namespace.get("_claude")
        try:
            yield
        except ClaudeSDKError as error:
            if self._namespace.get("_claude") is turn_before:
                self._show_error(error)
            line, *_ = str(error).splitlines() or [""]
            text = [f"\x1b[31m{type(error).__name__}\x1b[0m: {line}"]
            error._render_traceback_ = lambda: text  # type: ignore[attr-defined]  # IPython's hook
            raise

    def _show_error(self, error: ClaudeSDKError) -> None:
        """Show the box for an error that was raised before a turn existed."""
        from ...render.view.turn_view import TurnView

        view = TurnView()
        view.error(error, time.time() * 1000)
        view.finish("failed", time.time() * 1000)
        self._show_view(view)

    def _show_reply(self, reply: CommandReply, cell_input: _CellInput) -> None:
        for view in (view_from_markdown(reply),) if isinstance(reply, str) else reply:
            self._show_view(view, plain=cell_input.arguments.plain)

    def _show_view(self, view: TurnView, *, plain: bool = False) -> None:
        output = StaticOutput(view, plain=plain) if self._in_kernel else TerminalOutput(view)
        output.finish()

    def end(self) -> None:
        """Stop the CLI. Another kernel can resume its conversation."""
        self._loop.submit(self.jobs.end)
        self._loop.submit(self._conversation.end)


def _update_badge(view: TurnView, open_questions: int) -> None:
    view.totals.update(waiting=open_questions)
