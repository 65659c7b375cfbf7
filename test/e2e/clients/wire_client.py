"""A client of sluice.v1 that knows no more than its page: it follows a run through broken connections, and acknowledges only when asked.

Arguments: address, token, flow, and after how many frames each connection but the last breaks. Prints one JSON line.
"""

import hashlib
import json
import sys
import uuid

from websockets.sync.client import connect

URL, TOKEN, FLOW, *CUTS = sys.argv[1:]
# The same id again would be the same run, of whichever connection of this token.
ID = str(uuid.uuid4())
run, seqs, ends, asked, text = None, [], 0, 0, hashlib.sha256()


def read(socket, frames):
    """Reads so many frames, or to the end of the run."""
    global run, ends, asked
    send = lambda **frame: socket.send(json.dumps(frame))
    send(t="hello", client="wire_client.py", token=TOKEN, resume=[{"run": run, "after": seqs[-1] if seqs else 0}] if run else [])
    if run is None:
        send(t="open", id=ID, flow=FLOW, input={"text": "go on"})
    parts = []
    while frames and not ends:
        frames -= 1
        frame = json.loads(socket.recv(timeout=30))
        if frame["t"] == "part":
            parts.append(frame["text"])
            if len(parts) < frame["count"]:
                continue
            frame, parts = json.loads("".join(parts)), []
        if frame["t"] == "opened":
            run = frame["run"]
        elif frame["t"] == "ack-request":
            asked += 1
            send(t="ack", run=run, seq=seqs[-1] if seqs else 0)
        elif frame["t"] == "event":
            event = frame["event"]
            seqs.append(event["seq"])
            ends += event["type"] == "run-end"
            if event["type"] == "text-delta":
                text.update(event["data"]["text"].encode())
        elif frame["t"] in ("error", "gap"):
            raise SystemExit(json.dumps(frame)[:400])


for cut in [*map(int, CUTS), -1]:
    # No proxy of the environment lies before this machine; parts of a frame may be as large as a frame.
    with connect(URL, subprotocols=["sluice.v1"], proxy=None, compression=None, max_size=2**21) as socket:
        read(socket, cut)
        if not ends:
            socket.socket.close()
in_order = seqs == list(range(1, len(seqs) + 1))
print(json.dumps({"step": "read", "inOrder": in_order, "ends": ends, "asked": asked, "events": len(seqs), "hash": text.hexdigest()}))
