"""The questions of a sign-in: the method, a pasted code, and an API key."""

from __future__ import annotations

from dataclasses import dataclass

from ...permissions.decisions import Decision
from ..content import Piece
from ..model import AskPanel, Choice, FormLink, FormPanel, FormQuestion, Part
from .elicitation import CANCEL, SEND

SUBSCRIPTION, CONSOLE, GATEWAY, API_KEY = "claudeai", "console", "gateway", "api_key"

_METHODS = {
    GATEWAY: Choice(GATEWAY, "Sign in at the company gateway", shortcut="g", look="primary"),
    SUBSCRIPTION: Choice(
        SUBSCRIPTION, "Sign in with Claude", "Pro, Max, Team, or Enterprise", "s", look="primary"
    ),
    CONSOLE: Choice(CONSOLE, "Sign in with the Anthropic Console", "pay for usage", "o"),
    API_KEY: Choice(API_KEY, "Enter an API key", shortcut="k"),
}
_CANCEL = Choice(CANCEL, "Cancel", shortcut="c")


@dataclass(frozen=True)
class MethodQuestion:
    """Asks how to sign in.

    :param has_gateway: a company gateway is configured.
    :param reason: the reason for the question, such as the failure of the previous attempt.
    """

    has_gateway: bool = False
    reason: str = ""

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """Return no pieces, because the choices need no explanation."""
        return ()

    def panel(self, panel_id: str, detail: tuple[Part, ...] = ()) -> AskPanel:
        """Return the question as a panel."""
        methods = (choice for key, choice in _METHODS.items() if self.has_gateway or key != GATEWAY)
        return AskPanel(
            panel_id,
            icon="question",
            title="Sign in to Claude",
            reason=self.reason,
            detail=detail,
            choices=(*methods, _CANCEL),
        )

    def problem(self, answer: Decision) -> str:
        """Return "": every answer is valid."""
        return ""

    def allows(self, answer: Decision) -> bool:
        """Return True if a method was chosen."""
        return answer.choice in _METHODS

    def decided(self, answer: Decision) -> str:
        """Describe the decision."""
        return _METHODS[answer.choice].label if self.allows(answer) else "Not signed in"


@dataclass(frozen=True)
class TextQuestion:
    """Asks for one line: a code from a page, or a key.

    :param label: the name of the text.
    :param about: the place where the person finds it.
    :param links: pages to open first.
    :param secret: the text is typed into a password field.
    :param note: the problem with the previous text.
    """

    title: str
    label: str
    about: str = ""
    links: tuple[FormLink, ...] = ()
    secret: bool = False
    note: str = ""

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """Return nothing: the form shows everything."""
        return ()

    def panel(self, panel_id: str, detail: tuple[Part, ...] = ()) -> FormPanel:
        """Return the question as a panel."""
        question = FormQuestion(self.label, about=self.about, links=self.links, secret=self.secret)
        return FormPanel(
            panel_id,
            title=self.title,
            questions=(question,),
            note=self.note,
            send="Sign in",
            cancel="Cancel",
        )

    def text(self, answer: Decision) -> str:
        """Return the line, or "" if the person canceled."""
        return answer.answers.get(self.label, "").strip() if answer.choice == SEND else ""

    def problem(self, answer: Decision) -> str:
        """Return "": the service, not the form, judges the text."""
        return ""

    def allows(self, answer: Decision) -> bool:
        """Return True if a line was sent."""
        return bool(self.text(answer))

    def decided(self, answer: Decision) -> str:
        """Describe the decision, without the line."""
        return "Sent" if self.allows(answer) else "Canceled"


def code_question(paste_url: str, browser_url: str = "", note: str = "") -> TextQuestion:
    """Return the question for the code of the page at `paste_url`.

    :param browser_url: a page that ends the sign-in by itself, on the kernel's own machine.
    """
    links = [FormLink("Open the sign-in page", paste_url)]
    if browser_url:
        label = "Or sign in without a code, on the kernel's own machine"
        links.append(FormLink(label, browser_url))
    return TextQuestion(
        "Sign in with Claude",
        label="Code",
        about="The page shows it after the sign-in.",
        links=tuple(links),
        note=note,
    )


def gateway_question(url: str, note: str = "") -> TextQuestion:
    """Return the question for the address of the gateway's last page."""
    return TextQuestion(
        "Sign in at the company gateway",
        label="Address of the last page",
        about="On the kernel's own machine, the sign-in ends by itself. Elsewhere, paste the "
        "address of the page that follows, even if it cannot be displayed.",
        links=(FormLink("Open the sign-in page", url),),
        note=note,
    )


def key_question(note: str = "") -> TextQuestion:
    """Return the question for an API key."""
    return TextQuestion(
        "Enter an API key",
        label="API key",
        about="It is stored outside the notebook, for you alone.",
        secret=True,
        note=note,
    )
