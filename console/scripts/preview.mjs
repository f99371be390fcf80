// Serves dist as the binary does (nonce, content security policy) and passes the API on to a running server, for looking at the pages
// without building the binary: `CLAVIGER_URL=http://127.0.0.1:5397 PORT=5400 PREFIX=/some/prefix npm run preview`.
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import http from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { randomBytes } from 'node:crypto';

const dist = fileURLToPath(new URL('../dist', import.meta.url));
const target = new URL(process.env.CLAVIGER_URL ?? 'http://127.0.0.1:5397');
const prefix = process.env.PREFIX ?? '';
const TYPES = { '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.json': 'application/json' };

function page(response) {
  const nonce = randomBytes(16).toString('hex');
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy':
      `default-src 'none'; script-src 'self'; style-src 'self' 'nonce-${nonce}'; img-src 'self' data:; font-src 'self'; ` +
      `connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`,
  });
  response.end(readFileSync(join(dist, 'index.html'), 'utf8').replaceAll('__CSP_NONCE__', nonce));
}

function pass(request, response, path) {
  const headers = { ...request.headers, host: target.host };
  if (headers.origin) headers.origin = target.origin;
  const onward = http.request({ host: target.hostname, port: target.port, method: request.method, path, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => response.writeHead(502).end());
  request.pipe(onward);
}

http
  .createServer((request, response) => {
    const url = request.url ?? '/';
    if (!url.startsWith(prefix)) return response.writeHead(404).end();
    const path = url.slice(prefix.length);
    if (path.startsWith('/console/api/') || path.startsWith('/rest/')) return pass(request, response, path);
    if (!path.startsWith('/console/')) return response.writeHead(302, { location: `${prefix}/console/` }).end();
    const name = normalize(decodeURIComponent(path.slice('/console/'.length).split('?')[0] ?? ''));
    const file = join(dist, name);
    if (name === '.' || name.startsWith('..') || !existsSync(file) || !statSync(file).isFile()) return page(response);
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
    createReadStream(file).pipe(response);
  })
  .listen(Number(process.env.PORT ?? 5400), '127.0.0.1', function () {
    console.log(`http://127.0.0.1:${this.address().port}${prefix}/console/`);
  });
