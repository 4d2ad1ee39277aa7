"""MCP server on stdin and stdout with one tool, `ask`, that sends an elicitation."""

import json
import sys

SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "title": "Name", "description": "Your name"},
        "age": {"type": "integer", "minimum": 0, "default": 3},
        "ok": {"type": "boolean"},
        "colour": {"type": "string", "enum": ["red", "blue"], "enumNames": ["Red", "Blue"]},
    },
    "required": ["name"],
}
QUESTION = "question"


def send(**message: object) -> None:
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)


def started(params: dict) -> dict:
    info = {"name": "asker", "version": "1"}
    version = params["protocolVersion"]
    return {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": info}


def main() -> None:
    call = None
    tool = {"name": "ask", "description": "Ask", "inputSchema": {"type": "object"}}
    for line in sys.stdin:
        message = json.loads(line)
        method = message.get("method")
        if method == "initialize":
            send(id=message["id"], result=started(message["params"]))
        elif method == "tools/list":
            send(id=message["id"], result={"tools": [tool]})
        elif method == "tools/call":
            call = message["id"]
            params = {"message": "Who are you?", "requestedSchema": SCHEMA}
            send(id=QUESTION, method="elicitation/create", params=params)
        elif message.get("id") == QUESTION:
            text = json.dumps(message.get("result", message.get("error")))
            send(id=call, result={"content": [{"type": "text", "text": text}]})
        elif method and "id" in message:
            send(id=message["id"], error={"code": -32601, "message": "unknown"})


if __name__ == "__main__":
    main()
