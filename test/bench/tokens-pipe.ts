/** The least a gateway can do: `node tokens-pipe.ts PORT` passes requests to the provider and answers back, unread. */
import { Agent, createServer, request } from "node:http";
import type { AddressInfo } from "node:net";

const agent = new Agent({ keepAlive: true });
const port = Number(process.argv[2]);
const server = createServer((incoming, response) => {
  const options = { host: "127.0.0.1", port, path: incoming.url, method: "POST", headers: incoming.headers, agent };
  incoming.pipe(
    request(options, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    }),
  );
});
server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.once("disconnect", () => process.exit());
