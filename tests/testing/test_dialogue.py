"""Selection of script steps for requests in the CLI's shapes."""

import pytest

from claude_notebook.testing import Say, Step, Think, Use, script
from claude_notebook.testing.dialogue import END_OF_SCRIPT, read_cue

PROMPT = script("one", "two", "three")
REMINDER = '<system-reminder>\nThe date is late. <<script ["never"]>>\n</system-reminder>\n'
STEERING = "The user sent a new message while you were working:\n{}\n\nAddress it."


def user(*content):
    return {"role": "user", "content": [text(part) for part in content]}


def text(part):
    return {"type": "text", "text": part} if isinstance(part, str) else part


def assistant(*content):
    return {"role": "assistant", "content": [text(part) for part in content]}


def system(content):
    return {"role": "system", "content": content}


USE = {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"command": script("no")}}
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aa"}}


def tool_result(content="ok"):
    return {"type": "tool_result", "tool_use_id": "toolu_1", "content": content}


def blocks_for(*messages, from_cli=True, **body):
    body = {"tools": [{"name": "Bash"}], "messages": list(messages), **body}
    return read_cue(body, from_cli=from_cli).step.blocks


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        pytest.param([user("hi")], "You said: hi", id="no script"),
        pytest.param([{"role": "user", "content": "hi"}], "You said: hi", id="a plain string"),
        pytest.param([user(IMAGE, "describe it")], "You said: describe it", id="an image"),
        pytest.param(
            [user(REMINDER, "hi"), system("# Environment")], "You said: hi", id="reminders"
        ),
        pytest.param([user(f"hi\n{REMINDER}")], "You said: hi", id="a reminder in the prompt"),
        pytest.param([user(PROMPT)], "one", id="first step"),
        pytest.param([user(REMINDER, PROMPT), system("# Environment")], "one", id="with reminders"),
        pytest.param([user(PROMPT), assistant(USE), user(tool_result())], "two", id="second step"),
        pytest.param(
            [user(PROMPT), assistant("look", USE), user(tool_result()), system("<total_tokens>")],
            "two",
            id="a note after the result",
        ),
        pytest.param(
            [
                user(PROMPT),
                assistant(USE),
                user(tool_result(), "Base directory for this skill: /x"),
            ],
            "two",
            id="a skill's text beside the result",
        ),
        pytest.param(
            [user(PROMPT), *[assistant(USE), user(tool_result())] * 3], END_OF_SCRIPT, id="beyond"
        ),
        pytest.param(
            [user(PROMPT), assistant(USE), user(tool_result(), "hurry")], "two", id="words beside"
        ),
        pytest.param(
            [user(PROMPT), assistant(USE), user(tool_result(f"ok {script('no')}"))],
            "two",
            id="a script in a tool's result",
        ),
        pytest.param(
            [user(PROMPT), assistant(USE), user(tool_result()), system(STEERING.format("hurry"))],
            "two",
            id="steering",
        ),
        pytest.param(
            [
                user(PROMPT),
                assistant(USE),
                user(tool_result()),
                system(STEERING.format(script("steered"))),
            ],
            "steered",
            id="steering with a script",
        ),
        pytest.param(
            [
                user(PROMPT),
                assistant(USE),
                user(tool_result(f"ok <system-reminder>{STEERING.format(script('steered'))}")),
            ],
            "steered",
            id="steering inside a result",
        ),
        pytest.param(
            [user(PROMPT), assistant("one"), user("and now?")], "You said: and now?", id="next turn"
        ),
        pytest.param(
            [user(PROMPT), assistant("one"), user(script("new"))], "new", id="next script"
        ),
        pytest.param([user(PROMPT, "plain")], "You said: plain", id="after a turn without answer"),
        pytest.param(
            [user(PROMPT, "[Request interrupted by user]", "go on")],
            "You said: go on",
            id="after an interrupt",
        ),
        pytest.param(
            [
                user(PROMPT),
                assistant(USE),
                user(tool_result(), "[Request interrupted by user for tool use]\n", "go on"),
            ],
            "You said: go on",
            id="after an interrupted tool",
        ),
        pytest.param(
            [user(PROMPT), assistant(USE), user(tool_result(), "[Request interrupted by user]")],
            "two",
            id="an interrupted tool without a new prompt",
        ),
        pytest.param(
            [user(PROMPT), assistant("cut"), user("Output token limit hit. Resume directly.")],
            "two",
            id="cut off",
        ),
        pytest.param(
            [user(PROMPT), assistant("end"), user("Stop hook feedback:\nsay more")],
            "two",
            id="hook",
        ),
        pytest.param(
            [user(PROMPT), assistant("started"), user(REMINDER)], "two", id="a background task"
        ),
        pytest.param(
            [user("<command-name>/greet</command-name>", "Greet Ada.")],
            "You said: Greet Ada.",
            id="a slash command",
        ),
        pytest.param([assistant("odd")], "You said: ", id="no prompt at all"),
    ],
)
def test_read_cue_follows_conversation(messages, expected):
    assert blocks_for(*messages) == (Say(expected),)


def test_read_cue_numbers_step_and_identifies_it():
    first = read_cue({"messages": [user(PROMPT)]}, from_cli=False)
    again = read_cue({"messages": [user(PROMPT)]}, from_cli=False)
    second = read_cue(
        {"messages": [user(PROMPT), assistant("x"), user(tool_result())]}, from_cli=False
    )
    later = read_cue({"messages": [user("hi"), assistant("x"), user(PROMPT)]}, from_cli=False)

    assert (first.number, second.number, later.number) == (1, 2, 1)
    assert first.place == again.place
    assert len({first.place, second.place, later.place}) == 3


@pytest.mark.parametrize(
    ("schema", "answer"),
    [
        (
            {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]},
            '{"title": "Scripted"}',
        ),
        (
            {
                "type": "object",
                "properties": {"n": {"type": "integer"}, "x": {"enum": ["a", "b"]}},
                "required": ["x", "n"],
            },
            '{"x": "a", "n": 0}',
        ),
        ({"type": "array"}, "[]"),
    ],
)
def test_read_cue_matches_requested_schema(schema, answer):
    body = {"output_config": {"format": {"type": "json_schema", "schema": schema}}}

    assert blocks_for(user(f"<session>{PROMPT}</session>"), **body) == (Say(answer),)


def test_read_cue_uses_requested_tool():
    tools = [
        {"name": "rate", "input_schema": {"type": "object", "properties": {}, "required": ["n"]}}
    ]
    choice = {"type": "tool", "name": "rate"}

    assert blocks_for(user("Rate it."), tools=tools, tool_choice=choice) == (
        Use("rate", {"n": "Scripted"}),
    )


def test_read_cue_ignores_script_in_side_request():
    blocks = blocks_for(user(f"Name this session: {PROMPT}"), tools=[])

    assert blocks[0].text.startswith("You said: Name this session")


def test_read_cue_runs_script_of_other_client_without_tools():
    assert blocks_for(user(PROMPT), tools=[], from_cli=False) == (Say("one"),)


SUMMARY = "CRITICAL: Respond with TEXT ONLY. Do NOT call any tools. Summarise."


def test_read_cue_summary_between_turns_has_no_script():
    (summary,) = blocks_for(user(PROMPT), assistant("one"), user(SUMMARY))

    assert summary.text.startswith("<summary>")
    assert "<<script" not in summary.text


@pytest.mark.parametrize("apart", [True, False])
def test_read_cue_summary_in_turn_has_remaining_script(apart):
    steps = (Step([Think("hm"), Use("Bash")], delay=1.0), "second", "third")
    end = [user(tool_result()), user(SUMMARY)] if apart else [user(tool_result(), SUMMARY)]
    (summary,) = blocks_for(user(script(*steps)), assistant(USE), *end)
    continued = "This session is being continued from a previous conversation.\n" + summary.text

    assert blocks_for(user(continued)) == (Say("second"),)
    assert blocks_for(user(continued), assistant(USE), user(tool_result())) == (Say("third"),)


def test_read_cue_echoes_large_prompt_in_large_chunks():
    cue = read_cue({"messages": [user("x" * 1_000_000)]}, from_cli=False)

    assert len(cue.step.blocks[0].text) == 1_000_010
    assert cue.step.chunk == 2500
