import { connect } from "node:net";
import type { Transport } from "../../contract/transport.ts";
import type { ContractCase } from "./cases.ts";
import { demand } from "./expect.ts";

export const transportCases: readonly ContractCase<Transport>[] = [
  {
    name: "should be reached at the address that it tells, and no longer once it is disposed of",
    async run(transport) {
      const { address } = transport;
      if (address === undefined) return;
      const url = new URL(address);
      const place = { host: url.hostname.replace(/^\[|\]$/g, ""), port: Number(url.port) };
      demand(
        await answers(place),
        `nobody listens at ${address}: \`address\` is where clients connect over TCP; leave it out where none do`,
      );
      await transport[Symbol.asyncDispose]();
      demand(!(await answers(place)), `somebody listens at ${address} after it was disposed of`);
    },
  },
];

function answers(place: { readonly host: string; readonly port: number }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(place);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
