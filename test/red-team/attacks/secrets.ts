import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { RawSocket } from "../../contract/transport-raw.ts";
import { type Attack, each } from "../attack.ts";
import { type Ground, planted, roleTokens } from "../ground.ts";

/** How a program would carry a secret past a mask: whole, cut, turned, and begun at each place of a group of base64. */
const carriers = [
  "print(s)",
  "import sys\nfor c in s: sys.stdout.write(c); sys.stdout.flush()",
  "print(s, file=__import__('sys').stderr)",
  "display(s)",
  "display({'text/html': s}, raw=True)",
  "raise ValueError(s)",
  "open(s + '.txt', 'w').write('x')",
  "import base64; [print(base64.b64encode(b'x' * i + s.encode()).decode()) for i in range(4)]",
  "import base64; [print(base64.urlsafe_b64encode(b'?>' * i + s.encode() + b'zz').decode()) for i in range(4)]",
  "print(s.encode().hex(), s.encode().hex().upper())",
  "import urllib.parse; print(urllib.parse.quote(s, safe=''), ''.join('%%%02x' % b for b in s.encode()))",
  "import json; print(json.dumps(s), ''.join('\\\\u%04x' % ord(c) for c in s))",
];

const root = resolve(import.meta.dirname, "../../..");

export const secrets: readonly Attack[] = [
  {
    ...{ finding: 7, as: "read", over: "page", what: "options, profile, figures, log, and a sandbox's env" },
    play: (ground) =>
      each("instances profile flows models sandboxes tap/box tap/core.log tap/gpt session".split(" "), async (path) => {
        const { body } = await ground.asPage("read", "GET", path);
        return body.includes("FOR_PROGRAMS") && path === "instances" && body.includes(planted.env) ? body : undefined;
      }),
  },
  {
    ...{ finding: 7, as: "code in the sandbox", over: "wire", what: "a secret it was given, carried past the mask" },
    play: async (ground) => {
      const talk = await ground.wire(roleTokens.run, "carrier");
      return each(carriers, async (code) => {
        const told = await talk.code(`import os\ns = os.environ["KEY"]\n${code}`, "carrier");
        const [carried] = ground.loot();
        if (carried !== undefined) return carried;
        return told.includes('"run-end"') ? undefined : `no end: ${told.slice(-200)}`;
      });
    },
  },
  {
    ...{
      finding: 7,
      as: "another user of the machine",
      over: "files",
      what: "the state folder, tokens, sockets, journals",
    },
    play: async ({ place }) => {
      const open: string[] = [];
      let tried = 0;
      const walk = (folder: string) => {
        for (const entry of readdirSync(folder, { withFileTypes: true })) {
          const path = join(folder, entry.name);
          tried += 1;
          if (entry.isDirectory()) walk(path);
          else if ((statSync(path).mode & 0o077) !== 0 && /token|host\.json|trust/.test(path)) open.push(path);
          if (entry.isFile() && !/token$|host\.json$/.test(path)) {
            const text = readFileSync(path).toString("latin1");
            for (const [name, secret] of Object.entries(planted)) {
              if (["key", "env", "host", "file"].includes(name) && text.includes(secret))
                open.push(`${path} holds ${name}`);
            }
          }
        }
      };
      walk(join(place.home, "state"));
      if (existsSync(join(place.home, "data"))) walk(join(place.home, "data"));
      return { tried, gained: open };
    },
  },
  {
    ...{
      finding: 7,
      as: "holder of an old token",
      over: "all transports",
      what: "a token that was replaced meanwhile",
    },
    play: async (ground) => {
      const old = ground.token;
      const held = await ground.wire(old, "held");
      await held.call("models");
      await ground.rotate();
      await held.socket.until(() => held.socket.gone).catch(() => undefined);
      const gained = held.socket.gone ? [] : ["a socket of the old token is still open"];
      const headers = { authorization: `Bearer ${old}`, "x-api-key": old };
      const paths = ["/v1/models", "/metrics", "/settings/messages", "/monitor/api/instances"];
      const outcome = await each(paths, async (path) => {
        const { status } = await ground.http({ method: "GET", path, headers });
        return status < 400 ? `answered ${status}` : undefined;
      });
      const late = await RawSocket.connect(ground.port, { "sec-websocket-protocol": "sluice.v1", ...headers }).catch(
        () => undefined,
      );
      if (late !== undefined) gained.push("the old token opens a socket");
      await late?.close();
      return { tried: outcome.tried + 2, gained: [...outcome.gained, ...gained] };
    },
  },
  {
    ...{ finding: 9, as: "a package", over: "what we ship", what: "scripts at install, packages without a digest" },
    play: async (_ground: Ground) => {
      const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
        packages: Readonly<Record<string, { resolved?: string; integrity?: string; link?: boolean }>>;
      };
      const all = Object.entries(lock.packages).filter(([name, { link }]) => name !== "" && link !== true);
      const without = all.filter(([, { integrity, resolved }]) => resolved !== undefined && integrity === undefined);
      const scripts = readFileSync(join(root, ".npmrc"), "utf8").includes("ignore-scripts=true")
        ? []
        : ["scripts run at install"];
      const shipped = ["dist/LICENSES.txt", "dist/bom.json"].filter((file) => !existsSync(join(root, file)));
      return {
        tried: all.length,
        gained: [...without.map(([name]) => `${name} has no digest`), ...scripts, ...shipped],
      };
    },
  },
];
