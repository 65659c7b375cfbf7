/** What a program can do to make its host work, each kind as much of it as it can in a few seconds. */
export interface Flood {
  readonly code: string;
  readonly language?: string;
  /** Events that the host may make of it. */
  readonly events: number;
  /** Whether the end says that something was left out. */
  readonly truncated: boolean;
}

/** Finds the descriptor by which the interpreter tells of results, and writes frames to it as the interpreter does. */
const forge = `
import fcntl, os, json
def _outward():
    for fd in sorted(map(int, os.listdir("/proc/self/fd")), reverse=True):
        try:
            pipe = os.readlink("/proc/self/fd/%d" % fd).startswith("pipe:")
            if fd > 2 and pipe and fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_WRONLY:
                return fd
        except OSError:
            pass
_fd = _outward()
def frame(kind, payload):
    data = memoryview(len(payload).to_bytes(4, "big") + kind + payload)
    while data:
        data = data[os.write(_fd, data):]
`;

const result = (value: string) => `b'{"data":{"application/json":' + ${value} + b'}}'`;

export const floods: Readonly<Record<string, Flood>> = {
  results: {
    code: "from IPython.display import display\nfor i in range(50000): display(i)",
    events: 10_010,
    truncated: true,
  },
  "forged results": {
    code: `${forge}\nfor i in range(200000): frame(b"r", b'{"data":{"text/plain":"x"}}')`,
    events: 10_010,
    truncated: true,
  },
  "large results": {
    code: `${forge}\npayload = b'{"data":{"text/plain":"' + b"x" * 7000000 + b'"}}'\nfor i in range(40): frame(b"r", payload)`,
    events: 20,
    truncated: true,
  },
  "deep results": {
    code: `${forge}\nfor i in range(2000): frame(b"r", ${result('b"[" * 6000 + b"]" * 6000')})`,
    events: 10,
    truncated: true,
  },
  "wide results": {
    code: `${forge}\nfor i in range(40): frame(b"r", ${result('b"[" + b"[]," * 300000 + b"0]"')})`,
    events: 10,
    truncated: true,
  },
  "results of many names": {
    code: `${forge}
names = b",".join(b'"key%d":1' % i for i in range(190000))
for i in range(10): frame(b"r", b'{"data":{"application/json":{' + names + b'}}}')`,
    events: 20,
    truncated: false,
  },
  errors: {
    code: `${forge}\npayload = json.dumps({"name": "E" * 60000, "message": ""}).encode()\nfor i in range(10000): frame(b"e", payload)`,
    events: 10,
    truncated: false,
  },
  questions: {
    code: `${forge}\npayload = json.dumps({"prompt": "p" * 60000}).encode()\nfor i in range(10000): frame(b"i", payload)`,
    events: 3_000,
    truncated: true,
  },
  "small questions": {
    code: `${forge}\nfor i in range(200000): frame(b"i", b'{"prompt":""}')`,
    events: 280_000,
    truncated: true,
  },
  "frames of no known kind": {
    code: `${forge}\nfor i in range(200000): frame(b"?", b"")`,
    events: 10,
    truncated: false,
  },
  "frames byte by byte": {
    code: `${forge}\nfor i in range(3000):\n  for byte in b'\\x00\\x00\\x00\\x1br{"data":{"text/plain":"x"}}': os.write(_fd, bytes([byte]))`,
    events: 3_010,
    truncated: false,
  },
  "tiny writes": {
    code: 'import os\nfor i in range(300000): os.write(1 + i % 2, b"x")',
    events: 5_000,
    truncated: false,
  },
  "endless lines": { code: "yes | head -c 200000000", language: "bash", events: 16_000, truncated: true },
  files: {
    code: 'for i in range(5000): open("f%d" % i, "w").close()',
    events: 5_010,
    truncated: false,
  },
};

/** Opens and closes connections to the container's own proxy, as fast as it goes. */
export const tunnelFlood = `
import socket, time
until = time.time() + 3
opened = 0
while time.time() < until:
    try:
        s = socket.create_connection(("127.0.0.1", 3128), 1)
        s.send(b"CONNECT nowhere.invalid:443 HTTP/1.1\\r\\n\\r\\n")
        s.close()
        opened += 1
    except OSError:
        pass
print(opened)
`;
