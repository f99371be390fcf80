/** A reverse proxy before an application: serves it below a prefix, and can be slow or broken. */
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { App } from './app';

export class Proxy {
  /** `http://127.0.0.1:PORT/prefix` */
  url = '';
  /** Milliseconds before a call of the management API goes on. */
  delay = 0;
  /** What happens to calls of the management API that are no GET. */
  changes: 'pass' | 'fail' | 'cut' = 'pass';
  /** The same for GET. */
  reads: 'pass' | 'fail' | 'cut' = 'pass';
  /** Calls that changed something and went through. */
  readonly passed: string[] = [];
  private readonly server: Server;

  private constructor(
    private readonly app: App,
    private readonly prefix: string,
  ) {
    this.server = createServer((incoming, answer) => void this.pass(incoming, answer));
  }

  static async start(app: App, prefix = ''): Promise<Proxy> {
    const proxy = new Proxy(app, prefix);
    await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
    proxy.url = `http://127.0.0.1:${(proxy.server.address() as AddressInfo).port}${prefix}`;
    return proxy;
  }

  get origin(): string {
    return new URL(this.url).origin;
  }

  async end(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async pass(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const url = incoming.url ?? '/';
    if (!url.startsWith(`${this.prefix}/`)) {
      answer.writeHead(404).end();
      return;
    }
    const path = url.slice(this.prefix.length);
    const isApi = path.startsWith('/console/api/');
    const isRead = incoming.method === 'GET';
    if (isApi && this.delay > 0) await new Promise((resolve) => setTimeout(resolve, this.delay));
    const fate = isApi ? (isRead ? this.reads : this.changes) : 'pass';
    if (fate === 'cut') {
      incoming.socket.destroy();
      return;
    }
    if (fate === 'fail') {
      answer.writeHead(503, { 'content-type': 'text/html' }).end('<h1>503</h1>');
      return;
    }
    if (isApi && !isRead) this.passed.push(`${incoming.method} ${path}`);
    const own = { 'x-forwarded-host': incoming.headers.host, 'x-forwarded-proto': 'http', 'x-forwarded-for': '127.0.0.1', 'x-forwarded-prefix': this.prefix };
    const onward = request(`${this.app.url}${path}`, { method: incoming.method, headers: { ...incoming.headers, ...own, host: 'inside.example' } }, (from) => {
      answer.writeHead(from.statusCode ?? 502, from.headers);
      from.pipe(answer);
    });
    onward.on('error', () => answer.writeHead(502).end());
    incoming.pipe(onward);
  }
}
