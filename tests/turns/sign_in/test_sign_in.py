"""Signing in without a page: the questions, the storage, and the failures."""

from __future__ import annotations

import login_cli
import pytest

from claude_notebook.auth.sources import find_credential
from claude_notebook.permissions.decisions import Decision
from claude_notebook.render.questions.sign_in import MethodQuestion, code_question, key_question
from claude_notebook.render.view.turn_view import TurnView
from claude_notebook.turns.questions.questions import QuestionDesk
from claude_notebook.turns.questions.text_prompt import ask_in_text
from claude_notebook.turns.sign_in.sign_in import SignIn, leading_variable

KEY = "sk-ant-api03-made-up-key-4711"
pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


class Answers:
    """A desk whose questions are answered at once, in order."""

    def __init__(self, *answers: Decision) -> None:
        self.answers = list(answers)
        self.panels = []
        self.desk = QuestionDesk(TurnView(1), changed=self._changed)

    def _changed(self, count: int) -> None:
        for question in self.desk.open:
            if question.answer is None and self.answers:
                self.panels.append(question.askable.panel("p"))
                self.desk.decide(question, self.answers.pop(0))


def send(label: str, text: str) -> Decision:
    return Decision("send", answers={label: text})


async def test_sign_in_stores_key_for_user_of_the_cli(tmp_path):
    env = {"HOME": str(tmp_path)}
    person = Answers(Decision("api_key"), send("API key", "no key"), send("API key", KEY))
    assert await SignIn(person.desk, env).run()
    assert find_credential(env).secret == KEY
    *_, again = person.panels
    assert "not an API key" in again.note
    assert KEY not in str(person.panels)


async def test_canceled_method_returns_to_choice_and_second_cancel_ends(tmp_path):
    person = Answers(Decision("api_key"), Decision("cancel"), Decision("cancel"))
    assert not await SignIn(person.desk, {"HOME": str(tmp_path)}).run()
    assert [panel.title for panel in person.panels] == [
        "Sign in to Claude",
        "Enter an API key",
        "Sign in to Claude",
    ]
    assert person.panels[-1].reason == ""
    assert list(tmp_path.iterdir()) == []


async def test_own_login_ends_with_pasted_code(tmp_path):
    program = login_cli.install(tmp_path / "claude")
    env = {"HOME": str(tmp_path), "CLAUDE_CLI_PATH": program, "PATH": "/usr/bin:/bin"}
    wrong, right = send("Code", "half-a-code"), send("Code", login_cli.CODE)
    person = Answers(Decision("claudeai"), wrong, right)
    assert await SignIn(person.desk, env).run()
    assert [link.url for link in person.panels[1].questions[0].links] == [
        login_cli.PASTE_LINK,
        login_cli.BROWSER_LINK,
    ]
    assert "complete code" in person.panels[2].note


async def test_failed_login_is_the_reason_of_the_next_question(tmp_path):
    program = login_cli.install(tmp_path / "claude")
    env = {"HOME": str(tmp_path), "CLAUDE_CLI_PATH": program, "PATH": "/usr/bin:/bin"}
    person = Answers(Decision("claudeai"), send("Code", login_cli.CODE), Decision("cancel"))
    assert not await SignIn(person.desk, {**env, "FAKE_LOGIN": "failing"}).run()
    assert person.panels[-1].title == "Sign in to Claude"
    assert "Start the sign-in again" in person.panels[-1].reason


async def test_gateway_is_offered_only_where_one_is_configured():
    def labels(has_gateway: bool) -> list[str]:
        return [choice.key for choice in MethodQuestion(has_gateway).panel("p").choices]

    assert "gateway" not in labels(False)
    assert labels(True)[0] == "gateway"


async def test_text_prompt_reads_key_without_echo():
    asked, shown = [], []
    answer = ask_in_text(
        key_question(),
        lambda prompt: pytest.fail("echoed"),
        shown.append,
        lambda p: asked.append(p) or KEY,
    )
    assert key_question().text(answer) == KEY
    assert asked == ["API key: "]
    assert KEY not in str(shown)


async def test_text_prompt_shows_pages_to_open():
    shown = []
    question = code_question("https://example.com/paste", "https://example.com/browser")
    answer = ask_in_text(question, lambda prompt: "a-code", shown.append)
    assert question.text(answer) == "a-code"
    assert "https://example.com/paste" in str(shown)


async def test_variable_of_environment_takes_precedence_over_sign_in():
    assert leading_variable({"ANTHROPIC_API_KEY": "stale"}) == "ANTHROPIC_API_KEY"
    assert leading_variable({"ANTHROPIC_API_KEY": "", "HOME": "/"}) == ""
