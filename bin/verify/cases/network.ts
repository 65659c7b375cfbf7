import { type Case, eachIs, type Ground, shown } from "../ground.ts";

const group = "network";
const cure = "Use the allow-list of docker-sandbox as it is shipped; list names, not addresses, where you can.";

const listOf = ({ config }: Ground): readonly string[] =>
  ((config["network"] as { allow?: readonly string[] } | undefined)?.allow ?? []) as readonly string[];
const needsList = (ground: Ground) =>
  typeof ground.config["network"] === "object" ? undefined : "the profile has no allow-list";
const namedIn = (ground: Ground) => listOf(ground).find((entry) => /^[a-z0-9.-]*[a-z][a-z0-9.-]*(:\d+)?$/i.test(entry));
const needsName = (ground: Ground) =>
  needsList(ground) ?? (namedIn(ground) ? undefined : "the allow-list has no plain name");

/** Says to the proxy what clients say, and returns the status it answers, or the error. */
const say = `
def say(lines):
    try:
        with socket.create_connection(("127.0.0.1", 3128), 3) as one:
            one.settimeout(5)
            one.sendall(lines.encode("latin-1"))
            data = b""
            while b"\\r\\n\\r\\n" not in data:
                piece = one.recv(4096)
                if not piece: break
                data += piece
            return data.split(b" ")[1].decode() if data else "closed"
    except OSError as error:
        return name_of(error.errno) if error.errno else type(error).__name__
def tunnel(target):
    return say("CONNECT %s HTTP/1.1\\r\\nHost: %s\\r\\n\\r\\n" % (target, target))
`;

const refused = (id: number, name: string, needs: Case["needs"], targets: string): Case => ({
  id,
  group,
  name,
  cure,
  ...(needs ? { needs } : {}),
  probe: `${say}\nname, _, port = GIVEN["allowed"].partition(":")\nport = port or "443"\nreturn {target: tunnel(target) for target in ${targets}}`,
  judge: eachIs("403", "400"),
});

export const network: readonly Case[] = [
  {
    id: 109,
    group,
    name: "a name that is not listed is not resolved",
    cure,
    needs: needsList,
    probe: `${say}
try:
    socket.getaddrinfo("verify.invalid", 443)
    direct = "done"
except socket.gaierror:
    direct = "unknown"
return {"direct": direct, "proxy": tunnel("verify.invalid:443")}`,
    judge: (seen) => {
      const { direct, proxy } = seen as Record<string, string>;
      return direct === "unknown" && proxy === "403" ? undefined : `it answered ${shown(seen)}`;
    },
  },
  refused(
    110,
    "a name that looks like a listed one is another",
    needsName,
    `["evil-" + name + ":" + port, "x" + name + ":" + port, name + ".verify.invalid:" + port]`,
  ),
  refused(
    111,
    "no spelling makes another name a listed one",
    needsName,
    `["X" + name.upper() + ":" + port, "xn--" + name + ":" + port, name + "..:" + port, name + "%00.verify.invalid:" + port]`,
  ),
  refused(
    112,
    "a port that is not listed is refused",
    (ground) =>
      needsName(ground) ?? (/:\d+$/.test(namedIn(ground) ?? "") ? undefined : "no name of the list has a port"),
    `[name + ":" + ("1" if port != "1" else "2")]`,
  ),
  refused(
    113,
    "no spelling of an address passes",
    needsList,
    `["2130706433:80", "0x7f000001:80", "0177.0.0.1:80", "127.1:80", "[::ffff:127.0.0.1]:80", "[::1]:80", "localhost:80", "0:80"]`,
  ),
  {
    id: 114,
    group,
    name: "a listed name that leads to a private address is refused",
    cure,
    needs: (ground) => needsList(ground) ?? "it needs a name server that answers so; the project's tests have one",
  },
  {
    id: 115,
    group,
    name: "a request is judged by where it goes, each of them",
    cure,
    needs: needsName,
    probe: `${say}
name = GIVEN["allowed"].partition(":")[0]
other = "http://verify.invalid/"
return {
    "host": say("GET %s HTTP/1.1\\r\\nHost: %s\\r\\n\\r\\n" % (other, name)),
    "both lengths": say("POST %s HTTP/1.1\\r\\nHost: %s\\r\\nContent-Length: 4\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n\\r\\n" % (other, name)),
    "pipelined": say("GET %s HTTP/1.1\\r\\nHost: x\\r\\n\\r\\nGET %s HTTP/1.1\\r\\nHost: %s\\r\\n\\r\\n" % (other, other, name)),
}`,
    // A proxy that cannot tell what is meant may close at once.
    judge: eachIs("403", "400", "closed"),
  },
  refused(
    116,
    "this machine's loopback is refused",
    needsList,
    `["127.0.0.1:%d" % GIVEN["port"], "localhost:%d" % GIVEN["port"]]`,
  ),
  {
    id: 117,
    group,
    name: "there is no way beside the proxy",
    cure,
    needs: needsList,
    probe: `return {"1.1.1.1": reach(socket.AF_INET, ("1.1.1.1", 443)), "8.8.8.8": reach(socket.AF_INET, ("8.8.8.8", 53))}`,
    judge: eachIs("ENETUNREACH", "EHOSTUNREACH"),
  },
];
