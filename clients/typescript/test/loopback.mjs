// A tiny HTTP server on the machine itself that answers as a test says, and remembers what it was asked.

import { createServer } from "node:http";

export const SECRET = "claviger_recordedSecretOfNobody";

/** `reply(number, asked)` gives, now or later, `{status, headers, body}`, `"silence"` or `"hangUp"`. `isCut`: in the middle of the body; `stays`: for the next request. */
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
      const { status = 200, headers = [], body = "", isCut = false, stays = false } = answer;
      const own = [["content-type", "application/json; charset=UTF-8"], ["connection", stays ? "keep-alive" : "close"], ["content-length", Buffer.byteLength(body)]];
      response.writeHead(status, [...own, ...headers].flat());
      if (isCut) response.write(Buffer.from(body).subarray(0, Buffer.byteLength(body) / 2), () => request.socket.destroySoon());
      else response.end(body);
    });
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const close = () => new Promise((done) => {
    server.close(done);
    server.closeAllConnections?.();
  });
  return { hostname: `http://127.0.0.1:${server.address().port}`, asked, close };
}
