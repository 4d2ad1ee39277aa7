"""The scripted API under a plain HTTP client."""

import http.client
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from claude_notebook.testing import Cut, Hang, ScriptedAPI, Status, Step, script


def ask(api, prompt, *, path="/v1/messages?beta=true", stream=False, session="s", timeout=20):
    """Send a prompt, and return status and body of the response."""
    body = {
        "model": "claude-test",
        "stream": stream,
        "messages": [{"role": "user", "content": prompt}],
        "metadata": {"user_id": session},
    }
    return post(api, path, json.dumps(body), timeout=timeout)


def post(api, path, body, timeout=20):
    connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=timeout)
    try:
        headers = {"x-api-key": "a secret", "Authorization": "Bearer secret", "x-app": "test"}
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def text_of(body):
    return json.loads(body)["content"][0]["text"]


def test_scripted_api_echoes_prompt_with_and_without_stream(scripted_api):
    status, whole = ask(scripted_api, "hi")
    _, streamed = ask(scripted_api, "hi", stream=True)

    assert status == 200
    assert text_of(whole) == "You said: hi"
    assert streamed.startswith(b"event: message_start\ndata: {")
    assert b"You said: hi" in streamed


def test_scripted_api_counts_tokens(scripted_api):
    few = json.loads(ask(scripted_api, "hi", path="/v1/messages/count_tokens")[1])
    many = json.loads(ask(scripted_api, "hi" * 4000, path="/v1/messages/count_tokens")[1])

    assert many["input_tokens"] - few["input_tokens"] == pytest.approx(2000, abs=2)
    assert [request.kind for request in scripted_api.requests] == ["count_tokens"] * 2


def test_scripted_api_keeps_connections_open(scripted_api):
    connection = http.client.HTTPConnection("127.0.0.1", scripted_api.port, timeout=20)
    for path in ("/", "/api/hello"):
        connection.request("HEAD", path)
        response = connection.getresponse()
        assert (response.status, response.read()) == (200, b"")
    connection.request("GET", "/v1/models")
    response = connection.getresponse()
    assert response.status == 404
    assert "no GET /v1/models" in json.loads(response.read())["error"]["message"]
    connection.close()


@pytest.mark.parametrize(
    "body", ["", "no json", "[]", "{}", '{"messages": 3}', '{"messages": [{}]}']
)
def test_scripted_api_rejects_malformed_requests(scripted_api, body):
    status, answer = post(scripted_api, "/v1/messages", body)

    assert status == 400
    assert json.loads(answer)["error"]["type"] == "invalid_request_error"
    assert text_of(ask(scripted_api, "hi")[1]) == "You said: hi"


def test_scripted_api_records_requests_without_secrets():
    clock = itertools.count(1000)
    with ScriptedAPI(clock=lambda: next(clock)) as api:
        ask(api, script("one"), stream=True)
        assert api.wait_for(lambda api: api.requests[0].outcome is not None)
        (request,) = api.turns

    assert (request.method, request.path) == ("POST", "/v1/messages")
    assert request.headers["x-app"] == "test"
    assert request.headers["x-api-key"] == request.headers["authorization"] == "[redacted]"
    assert "secret" not in repr(request)
    assert request.body["model"] == "claude-test"
    assert (request.step, request.status, request.outcome) == (1, 200, "complete")
    assert (request.arrived, request.first_byte, request.ended) == (1000, 1001, 1002)


def test_scripted_api_keeps_only_latest_requests():
    with ScriptedAPI(keep=2) as api:
        for prompt in "abc":
            ask(api, prompt)

    kept = [request.body["messages"][0]["content"] for request in api.requests]
    assert kept == ["b", "c"]


def test_scripted_api_counts_failures_per_conversation(scripted_api):
    prompt = script(Step("ok", fails=Status(500, times=2)))

    for session in ("a", "b"):
        statuses = [ask(scripted_api, prompt, session=session)[0] for _ in range(4)]
        assert statuses == [500, 500, 200, 200]


def test_scripted_api_ids_are_unique(scripted_api):
    with ScriptedAPI() as other:
        ids = [json.loads(ask(api, "hi")[1])["id"] for api in (scripted_api, other) * 3]

    assert len(set(ids)) == 6
    assert all(item.startswith("msg_") for item in ids)


def test_scripted_api_drops_connection(scripted_api):
    with pytest.raises(http.client.RemoteDisconnected):
        ask(scripted_api, script(Step("x", fails=Cut("before"))))
    with pytest.raises(http.client.IncompleteRead) as caught:
        ask(scripted_api, script(Step("x" * 99, fails=Cut(2))), stream=True)

    assert caught.value.partial.count(b"text_delta") == 2
    assert [request.outcome for request in scripted_api.turns] == ["dropped", "dropped"]


def test_scripted_api_serves_conversations_concurrently(scripted_api):
    answers = {}

    def converse(name):
        prompt = script(Step(name, wait=0.2))
        answers[name] = text_of(ask(scripted_api, prompt, session=name)[1])

    names = [f"conversation {number}" for number in range(20)]
    threads = [threading.Thread(target=converse, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == {name: name for name in names}


@pytest.mark.parametrize(
    "step", [Step("x", fails=Hang(0)), Step("x", fails=Hang("before")), Step("x" * 99, delay=600)]
)
def test_scripted_api_stops_during_any_step(step):
    ended = threading.Event()

    def wait_in_vain():
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            ask(api, script(step), stream=True)
        ended.set()

    with ScriptedAPI() as api:
        thread = threading.Thread(target=wait_in_vain)
        thread.start()
        assert api.wait_for(lambda api: len(api.turns) == 1)
    thread.join()

    assert ended.is_set()
    assert api.turns[0].outcome == "left"
    assert not [thread for thread in threading.enumerate() if thread.name == "scripted-api"]


def test_scripted_api_wait_for_times_out(scripted_api):
    assert scripted_api.wait_for(lambda api: bool(api.requests), timeout=0.01) is False


def test_scripted_api_hang_ends_with_client(scripted_api):
    with pytest.raises(TimeoutError):
        ask(scripted_api, script(Step("x", fails=Hang(0))), timeout=0.2)

    assert scripted_api.wait_for(lambda api: api.turns[0].outcome == "left")


def test_main_prints_variables_and_serves_until_interrupted():
    command = [sys.executable, "-m", "claude_notebook.testing.scripted_api"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        lines = [process.stdout.readline() for _ in range(7)]
        variables = dict(line.removeprefix("export ").strip().split("=", 1) for line in lines)
        port = int(variables["ANTHROPIC_BASE_URL"].rsplit(":", 1)[1])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("HEAD", "/")
        assert connection.getresponse().status == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0

    assert variables["ANTHROPIC_API_KEY"] == "dummy-not-a-key"
    assert variables["DISABLE_TELEMETRY"] == "1"


def test_scripted_api_reports_port_in_use(scripted_api):
    command = [sys.executable, "-m", "claude_notebook.testing.scripted_api"]
    process = subprocess.run(
        [*command, "--port", str(scripted_api.port)], capture_output=True, text=True, timeout=20
    )

    assert process.returncode == 1
    assert process.stderr.startswith(f"Port {scripted_api.port}: ")
    assert "Traceback" not in process.stderr


def test_scripted_api_uses_wall_clock_for_first_byte(scripted_api):
    before = time.time()
    ask(scripted_api, script(Step("x", wait=0.05)), stream=True)

    (request,) = scripted_api.turns
    assert before <= request.arrived < request.first_byte <= time.time()


def test_environment_of_tests_has_no_login():
    assert not [name for name in os.environ if name.startswith("ANTHROPIC_")]
    assert "CLAUDECODE" not in os.environ
    assert os.listdir(os.environ["HOME"])
