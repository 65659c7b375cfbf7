import { type Case, eachIs, exactly, shown, withoutNetwork } from "../ground.ts";

const group = "host";
const nothing = "Pass nothing of the host into the image or into `env:` and `binds:`.";
/** Variables of every interpreter, and those that name the way out where an allow-list gives one. */
const variables =
  /^(PATH|HOME|USER|LOGNAME|LANG|LC_CTYPE|TMPDIR|MPLCONFIGDIR|HOSTNAME|PWD|OLDPWD|SHLVL|_|TERM|SHELL|NODE_PATH|PYTHON\w*|COLUMNS|LINES|GIT_PAGER|PAGER|CLICOLOR|FORCE_COLOR|MPLBACKEND|KMP_\w+)$/;
const proxies = /^((https?|no|all)_proxy|NODE_USE_ENV_PROXY)$/i;

export const host: readonly Case[] = [
  {
    id: 62,
    group,
    name: "no process of this machine is seen",
    cure: "The container needs a process namespace of its own: never `host`.",
    probe: `
own, found = 0, []
for mount in mounts():
    if mount[2] != "proc" or covered_proc(mount[0]): continue
    for name in os.listdir(mount[0]):
        if not name.isdigit(): continue
        own += name == str(os.getpid())
        line = text(mount[0] + "/" + name + "/cmdline") + text(mount[0] + "/" + name + "/comm")
        if GIVEN["mark"] in line.replace("\\0", " "): found.append(name)
return [own > 0, found]`.replace("covered_proc(mount[0])", 'mount[0].startswith("/proc/")'),
    judge: exactly([true, []]),
  },
  {
    id: 63,
    group,
    name: "nothing of this machine's environment is seen",
    cure: nothing,
    probe: `
import glob
looked, found = 0, []
for path in glob.glob("/proc/[0-9]*/environ"):
    try:
        with open(path, "rb") as file: data = file.read()
    except OSError: continue
    looked += 1
    if GIVEN["mark"].encode() in data: found.append(path)
return [looked > 0, found]`,
    judge: exactly([true, []]),
  },
  {
    id: 64,
    group,
    name: "no variable is there beyond the known ones",
    cure: nothing,
    probe: `return sorted(os.environ)`,
    judge(seen, { config }) {
      const asked = Object.keys((config["env"] ?? {}) as object);
      const hasProxy = typeof config["network"] === "object";
      const names = Array.isArray(seen) ? (seen as readonly string[]) : [];
      if (!names.includes("PATH")) return `not even its own were seen: ${shown(seen)}`;
      const more = names.filter(
        (name) => !variables.test(name) && !asked.includes(name) && !(hasProxy && proxies.test(name)),
      );
      // The sandbox image has none of its own; another may.
      if (more.length > 0 && config["image"] === "sandbox-image") return `there is more: ${more.join(", ")}`;
      const secret = more.filter((name) => /key|token|secret|passw/i.test(name));
      return secret.length === 0 ? undefined : `there may be a secret: ${secret.join(", ")}`;
    },
  },
  {
    id: 65,
    group,
    name: "this machine's name, users and keys are not there",
    cure: nothing,
    probe: `
import glob
names = [line.split(":")[0] for line in text("/etc/passwd", 1 << 20).splitlines()]
keys = glob.glob("/etc/ssh/ssh_host_*") + glob.glob("/root/.ssh/*") + glob.glob("/home/*/.ssh/*")
return {"host": platform.node(), "users": [name for name in GIVEN["users"] if name in names], "keys": keys}`,
    judge(seen, { given }) {
      const { host: name, users, keys } = seen as { host: string; users: string[]; keys: string[] };
      if (name === given["hostname"]) return `it has this machine's name, ${name}`;
      return users.length + keys.length === 0 ? undefined : `it has ${shown([...users, ...keys])}`;
    },
  },
  {
    id: 66,
    group,
    name: "the image has no credentials",
    cure: "Build the image without them; they are read by whatever runs in it.",
    probe: `
names = {".netrc", ".pgpass", ".npmrc", ".pypirc", ".git-credentials", "credentials.json", "id_rsa", "id_ed25519", "kubeconfig"}
looked, found = 0, []
for root in ("/root", "/home", "/etc", "/opt", "/srv", "/workspace", "/run/secrets", "/var/run/secrets"):
    for folder, _, files in os.walk(root):
        for name in files:
            looked += 1
            path = os.path.join(folder, name)
            if name in names or path.endswith((".docker/config.json", ".aws/credentials", ".kube/config")): found.append(path)
return [looked > 10, found]`,
    judge: exactly([true, []]),
  },
  {
    id: 67,
    group,
    name: "the cloud's metadata is not reached",
    cure: "Ask for `network: none`, or for an allow-list.",
    needs: withoutNetwork,
    probe: `return {
    "169.254.169.254": reach(socket.AF_INET, ("169.254.169.254", 80)),
    "fd00:ec2::254": reach(socket.AF_INET6, ("fd00:ec2::254", 80)),
}`,
    judge: eachIs("ENETUNREACH", "EHOSTUNREACH", "EADDRNOTAVAIL", "EAFNOSUPPORT"),
  },
  {
    id: 68,
    group,
    name: "this machine's own addresses are not reached",
    cure: "Ask for `network: none`, or for an allow-list.",
    needs: withoutNetwork,
    probe: `
found = {address: reach(socket.AF_INET, (address, GIVEN["port"])) for address in GIVEN["addresses"]}
# A server of its own is reached: so it is the network that lacks, and not the way of asking.
with socket.socket() as own:
    own.bind(("127.0.0.1", 0))
    own.listen()
    found["own"] = reach(socket.AF_INET, own.getsockname())
return found`,
    judge(seen) {
      const { own, ...others } = seen as Record<string, string>;
      if (own !== "done") return `a server of its own answered ${own}`;
      // The loopback is its own: nobody listens there.
      const { "127.0.0.1": loopback = "", ...away } = others;
      if (loopback !== "ECONNREFUSED") return `127.0.0.1 answered ${loopback}`;
      return Object.keys(away).length === 0 ? undefined : eachIs("ENETUNREACH", "EHOSTUNREACH")(away);
    },
  },
];
