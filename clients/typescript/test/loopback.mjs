// A tiny HTTP server on the machine itself that answers as a test says, and remembers what it was asked.

import { createServer } from "node:http";

export const SECRET = "claviger_recordedSecretOfNobody";

/** `reply(number, asked)` gives, now or later, `{status, headers, body}`, `"silence"` or `"hangUp"`. */
export async function loopback(reply) {
  const asked = [];
  const server = createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", async () => {
      const one = { method: request.method, url: request.url, headers: request.headers, body: Buffer.concat(parts).toString() };
      asked.push(one);
      const answer = await reply(asked.length - 1, one);
      if (answer === "silence") return;
      if (answer === "hangUp") {
        request.socket.destroy();
        return;
      }
      response.writeHead(answer.status ?? 200, [["content-type", "application/json; charset=UTF-8"], ["connection", "close"], ...(answer.headers ?? [])].flat());
      response.end(answer.body ?? "");
    });
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const close = () => new Promise((done) => {
    server.close(done);
    server.closeAllConnections?.();
  });
  return { hostname: `http://127.0.0.1:${server.address().port}`, asked, close };
}
