import { type Case, eachIs, exactly, ownKernel, shown, withoutNetwork } from "../ground.ts";

const group = "sockets";
const cure = "Leave `seccomp:` out for our own list, and use an engine with seccomp.";

/**
 * Families by number, so that it matters not whether Python knows them. The type is one that no kernel has: what reads it
 * answers EINVAL and loads no module, what refuses the family answers EPERM.
 */
const refused = (id: number, name: string, sockets: Readonly<Record<string, readonly number[]>>): Case => ({
  id,
  group,
  name,
  cure,
  needs: ownKernel,
  probe: `return {name: call("socket", *given) for name, given in json.loads('${JSON.stringify(sockets)}').items()}`,
  judge: eachIs("EPERM"),
});
const noType = 12;

export const sockets: readonly Case[] = [
  refused(39, "no packet is read off a wire", { AF_PACKET: [17, noType, 0] }),
  refused(40, "the host of a virtual machine is not spoken to", { AF_VSOCK: [40, noType, 0] }),
  refused(41, "the kernel's ciphers are not used", { AF_ALG: [38, noType, 0] }),
  // With netlink, the protocol is refused; there is no protocol 99.
  refused(42, "of netlink there is nothing but routes", { NETLINK_99: [16, 3, 99] }),
  refused(43, "no other family is there", {
    AF_BLUETOOTH: [31, noType, 0],
    AF_CAN: [29, noType, 0],
    AF_TIPC: [30, noType, 0],
    AF_XDP: [44, noType, 0],
    AF_RDS: [21, noType, 0],
    AF_APPLETALK: [5, noType, 0],
  }),
  // No protocol has the number 300.
  refused(44, "no socket is raw", { AF_INET: [2, 3, 300], AF_INET6: [10, 3, 300] }),
  {
    id: 45,
    group,
    name: "no abstract socket of this machine is seen",
    cure: "The container needs a network namespace of its own: never `host`.",
    probe: `
def reach_abstract(name):
    with socket.socket(socket.AF_UNIX) as one:
        return attempt(lambda: one.connect("\\0" + name))
own = socket.socket(socket.AF_UNIX)
own.bind("\\0verify-own-%d" % os.getpid())
own.listen()
try:
    return {"own": reach_abstract("verify-own-%d" % os.getpid()), "host": reach_abstract(GIVEN["abstract"])}
finally:
    own.close()`,
    judge: exactly({ own: "done", host: "ECONNREFUSED" }),
  },
  {
    id: 46,
    group,
    name: "the only interface is the loopback",
    cure: "Ask for `network: none`, or for an allow-list.",
    needs: withoutNetwork,
    probe: `
lines = lambda path: text(path).splitlines()
interfaces = [line.split(":")[0].strip() for line in lines("/proc/net/dev")[2:]]
routes = [line for line in lines("/proc/net/route")[1:] if line.strip()]
neighbours = [line for line in lines("/proc/net/arp")[1:] if line.strip()]
return {"interfaces": interfaces, "routes": len(routes), "neighbours": len(neighbours)}`,
    judge: (seen) => {
      const wrong = exactly({ interfaces: ["lo"], routes: 0, neighbours: 0 })(seen);
      return wrong === undefined ? undefined : `there is a network: ${shown(seen)}`;
    },
  },
];
