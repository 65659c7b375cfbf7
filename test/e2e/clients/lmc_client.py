"""A client of Open Interpreter's classic server: goes once through its protocol and prints what it saw, a JSON line each.

It does not know whose server it talks to. A frame that has to come and does not ends it; where the original's faults keep
one back, it waits no longer than PATIENCE and says that nothing came: what is to be made of that is for its reader.
"""

import argparse
import contextlib
import json
import sys
import time
import urllib.error
import urllib.request

# Seconds for a frame that has to come, and for one that the original may never send.
LONG = 30
PATIENCE = 5

COMPLETE = {"role": "server", "type": "status", "content": "complete"}


class WithWebsockets:
    """The package `websockets`."""

    def __init__(self, url):
        self._closing = contextlib.ExitStack()
        from websockets.sync.client import connect

        # No proxy of the environment lies before this machine. No pings: the original answers none while it stops a program.
        connecting = connect(url, proxy=None, ping_interval=None, max_size=None)
        # Since its version 17 it connects only here.
        self._socket = self._closing.enter_context(connecting)

    def send(self, data):
        self._socket.send(data)

    def receive(self, seconds):
        return self._socket.recv(timeout=seconds)

    def close(self):
        self._closing.close()


class WithWebsocketClient:
    """The package `websocket-client`, which sends the server's own address as its origin."""

    def __init__(self, url):
        import websocket

        self._library = websocket
        self._socket = websocket.create_connection(url, timeout=LONG, http_no_proxy=["*"])

    def send(self, data):
        if isinstance(data, bytes):
            self._socket.send_binary(data)
        else:
            self._socket.send(data)

    def receive(self, seconds):
        # Its time-out begins anew with each ping of the server, which comes more often than what is waited for.
        end = time.monotonic() + seconds
        self._socket.settimeout(min(seconds, 1))
        while True:
            try:
                return self._socket.recv()
            except self._library.WebSocketTimeoutException as error:
                if time.monotonic() >= end:
                    raise TimeoutError from error

    def close(self):
        self._socket.close()


LIBRARIES = {"websockets": WithWebsockets, "websocket-client": WithWebsocketClient}


class Client:
    """One connection, and the frames that came since they were last taken."""

    def __init__(self, library, url):
        self._socket = LIBRARIES[library](url)
        self._frames = []

    def send(self, frame):
        self._socket.send(json.dumps(frame))

    def send_raw(self, data):
        self._socket.send(data)

    def say(self, text):
        self.send({"role": "user", "start": True})
        self.send({"role": "user", "type": "message", "content": text})
        self.send({"role": "user", "end": True})

    def command(self, name):
        command = {"role": "user", "type": "command"}
        self.send({**command, "start": True})
        self.send({**command, "content": name})
        self.send({**command, "end": True})

    def until(self, fits, seconds=LONG):
        """Whether a frame that fits came in time. Where it has to, and has not, everything is over."""
        end = time.monotonic() + seconds
        while True:
            try:
                frame = json.loads(self._socket.receive(max(0.01, end - time.monotonic())))
            except TimeoutError:
                if seconds < LONG:
                    return False
                sys.exit(f"nothing that fits came within {LONG} s, but: {json.dumps(self._frames)}")
            self._frames.append(frame)
            if "id" in frame:
                self.send({"ack": frame["id"]})
            if fits(frame):
                return True

    def completed(self, seconds=LONG):
        return self.until(lambda frame: without_id(frame) == COMPLETE, seconds)

    def taken(self):
        frames, self._frames = self._frames, []
        return frames

    def close(self):
        self._socket.close()


def is_on_it(frame):
    """Whether it is the output of a program that goes on."""
    return frame.get("format") == "output" and "on it" in str(frame.get("content"))


def without_id(frame):
    return {name: value for name, value in frame.items() if name != "id"}


class Http:
    """The routes beside the socket."""

    def __init__(self, url, key):
        self._url = url
        self._key = key
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def __call__(self, path, body=None, key=None):
        headers = {"X-API-KEY": self._key if key is None else key, "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, data=data, headers=headers)
        try:
            with self._opener.open(request, timeout=LONG) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


def say(step, **seen):
    print(json.dumps({"step": step, **seen}), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--model-base", required=True)
    parser.add_argument("--library", choices=sorted(LIBRARIES), required=True)
    parser.add_argument("--apart", action="store_true", help="also try what the original does not keep")
    arguments = parser.parse_args()
    http = Http(arguments.url, arguments.key)
    socket = arguments.url.replace("http", "ws", 1) + "/"

    def told(step, answer):
        status, body = answer
        say(step, status=status, body=json.loads(body))

    told("heartbeat", http("/heartbeat", key=""))
    told("no key", http("/settings/auto_run", key="wrong"))
    llm = {
        "model": "openai/scripted",
        "api_base": arguments.model_base,
        "api_key": "key-for-tests",
        "supports_functions": False,
        "supports_vision": False,
    }
    # The original takes them; where the profile bounds the model they are refused, and clients go on.
    told("bounds", http("/settings", {"llm": {"context_window": 16000, "max_tokens": 1000}}))
    told("set", http("/settings", {"llm": llm, "auto_run": True}))
    told("get", http("/settings/auto_run"))
    told("get llm", http("/settings/llm"))
    told("get unknown", http("/settings/nope"))
    told("set unknown", http("/settings", {"nope": 1}))

    client = Client(arguments.library, socket)
    # Three frames, each refused.
    client.say("Too early.")
    for auth in ["wrong", arguments.key]:
        client.send({"auth": auth})
    client.until(lambda frame: frame.get("auth") is True)
    say("auth", frames=client.taken())

    def answered(step, text):
        client.say(text)
        say(step, completed=client.completed(), frames=client.taken())

    for name, data in {
        "binary": b"\x00\x01",
        "no JSON": "no JSON",
        "number": "5",
        "null": "null",
        "end": json.dumps({"role": "user", "end": True}),
        "command content": json.dumps({"role": "user", "type": "command", "content": "stop"}),
    }.items():
        client.send_raw(data)
        say("bad: " + name, completed=client.completed(), frames=client.taken())
    # The original keeps a command without a start as a message, and asks its model about it from then on.
    told("reset", http("/settings", {"messages": []}))
    for frame in [[], {"foo": 1}, {"role": "user"}, {"auth": arguments.key}]:
        client.send(frame)
    answered("answer", "What is six times seven?")
    answered("state", "And one more?")

    told("no auto run", http("/settings", {"auto_run": False}))
    answered("code that waits", "Multiply.")
    client.command("go")
    say("go", completed=client.completed(), frames=client.taken())
    told("auto run", http("/settings", {"auto_run": True}))

    status, body = http("/openai/chat/completions", {
        "model": "any", "stream": True, "messages": [{"role": "user", "content": "Say hello."}],
    })
    lines = [line for line in body.split("\n") if line]
    say("completions", status=status, lines=lines)

    client.say("Wait.")
    begun = client.until(is_on_it)
    say("before stop", completed=begun, frames=client.taken())
    client.command("stop")
    # The original has never said complete here.
    say("stop", completed=client.completed(PATIENCE), frames=client.taken())
    # Whatever else is told of the stop would come before this.
    client.send_raw("5")
    say("bad frame after stop", completed=client.completed(), frames=client.taken())
    answered("after stop", "Still there?")

    if arguments.apart:
        try_apart(arguments, socket, client)


def try_apart(arguments, socket, first):
    """Three clients at once, of which one has not proved itself. The original gives them one queue, and would mix it all up."""
    second, stranger = (Client(arguments.library, socket) for _ in range(2))
    second.send({"auth": arguments.key})
    second.until(lambda frame: "auth" in frame)
    second.taken()
    first.say("Wait.")
    first.until(is_on_it)
    first.taken()
    second.say("Who are you?")
    say("second client", completed=second.completed(), frames=second.taken())
    first.command("stop")
    say("first client", completed=first.completed(), frames=first.taken())
    # What the others were told, and this one heard, would come before these.
    for name, client, fits in [
        ("second client heard", second, lambda frame: without_id(frame) == COMPLETE),
        ("stranger heard", stranger, lambda frame: "auth" in frame),
    ]:
        client.send_raw("5")
        say(name, completed=client.until(fits), frames=client.taken())
        client.close()


main()
