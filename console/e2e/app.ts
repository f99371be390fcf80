/** An application folder with a running server, and the command line on the same folder. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const binary = process.env['CLAVIGER_BIN'] ?? join(here, '../../target/release/claviger');
const password = 'correct horse battery';

export interface Person {
  email: string;
  password: string;
}

export interface Options {
  /** More lines of `claviger.toml`, before its first table. */
  settings?: string;
  /** Without console users: the first-run page. */
  isFresh?: boolean;
  /** Without entities. */
  isEmpty?: boolean;
}

export interface Key {
  id: string;
  secret: string;
}

export class App {
  /** `http://127.0.0.1:PORT` */
  url = '';
  readonly owner: Person = { email: 'olga@example.org', password };
  readonly manager: Person = { email: 'max@example.org', password };
  readonly viewer: Person = { email: 'vera@example.org', password };
  private server: ChildProcess | undefined;
  private said = '';

  private constructor(readonly folder: string) {}

  static async start(options: Options): Promise<App> {
    const folder = mkdtempSync(join(tmpdir(), 'claviger-e2e-'));
    const app = new App(folder);
    for (const name of ['model.json', 'roles.json', 'functions']) cpSync(join(here, 'fixture', name), join(folder, name), { recursive: true });
    writeFileSync(join(folder, 'claviger.toml'), `name = "shop"\n${options.settings ?? ''}\n`);
    if (options.isFresh !== true) {
      app.cli(['users', 'create', '--email', app.owner.email, '--role', 'owner', '--password-stdin'], password);
      app.cli(['users', 'create', '--email', app.manager.email, '--role', 'manager', '--password-stdin'], password);
      app.cli(['users', 'create', '--email', app.viewer.email, '--role', 'viewer', '--password-stdin'], password);
    }
    await app.serve();
    if (options.isEmpty !== true) await app.fill();
    return app;
  }

  /** `http://127.0.0.1:PORT/console` */
  get console(): string {
    return `${this.url}/console`;
  }

  /** Everything that the server logged. */
  get log(): string {
    return this.said;
  }

  /** The one-time code for the first user. */
  get code(): string {
    return /one-time code ([0-9a-f]+)/.exec(this.said)?.[1] ?? '';
  }

  /** Runs a command on the folder; its JSON answer. */
  cli(args: string[], input = ''): unknown {
    const output = execFileSync(binary, [...args, '--json', '--app', this.folder], { input, encoding: 'utf8', env: this.environment() });
    return output.trim() === '' ? undefined : JSON.parse(output);
  }

  /** Makes a key by the command line. */
  key(description: string, options: { role?: string; type?: 'standard' | 'administration'; expires?: string; hosts?: string[] } = {}): Key {
    const { role, type, expires, hosts = [] } = options;
    const args = ['keys', 'create', '--description', description];
    if (type !== undefined) args.push('--type', type);
    if (role !== undefined) args.push('--role', role);
    if (expires !== undefined) args.push('--expires', expires);
    for (const host of hosts) args.push('--allow-host', host);
    return this.cli(args) as Key;
  }

  /** A request to the endpoint with a key. */
  async rest(path: string, secret?: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (secret !== undefined) headers.set('api-key', secret);
    return fetch(`${this.url}/rest/${path}`, { ...init, headers });
  }

  /** Starts the server again; `at` moves its clock, as in `+400d` (needs the program `faketime`). */
  async restart(at?: string): Promise<void> {
    await this.stop();
    await this.serve(at);
  }

  async stop(): Promise<void> {
    const server = this.server;
    if (server === undefined || server.exitCode !== null) return;
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGTERM');
    await ended;
  }

  /** Stops the server and removes the folder. */
  async end(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Reads or writes a file of the folder. */
  read(name: string): string {
    return readFileSync(join(this.folder, name), 'utf8');
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(join(this.folder, name)), { recursive: true });
    writeFileSync(join(this.folder, name), text);
  }

  private async serve(at?: string): Promise<void> {
    // The same port again, so that a page that is open stays with its server.
    const port = this.url === '' ? '0' : new URL(this.url).port;
    const args = ['serve', '--app', this.folder, '--listen', `127.0.0.1:${port}`];
    const server = spawn(binary, args, { env: { ...this.environment(), ...clock(at) }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.server = server;
    server.stderr.setEncoding('utf8').on('data', (text: string) => (this.said += text));
    this.url = await new Promise<string>((resolve, reject) => {
      let out = '';
      server.stdout.setEncoding('utf8').on('data', (text: string) => {
        out += text;
        const address = /listening on (http:\S+)/.exec(out)?.[1];
        if (address !== undefined) resolve(address);
      });
      server.once('error', reject);
      server.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${this.said}`)));
    });
  }

  /** A few entities, made as a client makes them. */
  private async fill(): Promise<void> {
    const { id, secret } = this.key('Filler', { role: 'Admin' });
    const save = async (dataclass: string, entities: object[]) => {
      const answer = await this.rest(`${dataclass}?$method=update`, secret, { method: 'POST', body: JSON.stringify(entities) });
      if (!answer.ok) throw new Error(await answer.text());
    };
    await save('Supplier', [
      { name: 'Nordlicht', country: 'DE' },
      { name: 'Étoile', country: 'FR' },
    ]);
    await save('Product', [
      { name: 'Lamp', price: 12.5, stock: 4, supplierID: 1 },
      { name: 'Chair', price: 80, stock: 0, supplierID: 2 },
      { name: 'Table', price: 240.99, stock: 2, supplierID: 2 },
    ]);
    await save('Customer', [{ name: 'Ana', email: 'ana@example.org' }]);
    this.cli(['keys', 'delete', id, '--yes']);
  }

  private environment(): NodeJS.ProcessEnv {
    const own = Object.entries(process.env).filter(([name]) => !name.startsWith('CLAVIGER_'));
    return { ...Object.fromEntries(own), NO_COLOR: '1' };
  }
}

/** Variables that move the clock of a program. The wrapper `faketime` would stand between a test and its server, so its library is loaded directly. */
function clock(at: string | undefined): NodeJS.ProcessEnv {
  if (at === undefined) return {};
  const library = execFileSync('faketime', ['-f', '+0', 'printenv', 'LD_PRELOAD'], { encoding: 'utf8' }).trim();
  return { LD_PRELOAD: library, FAKETIME: at, FAKETIME_DONT_FAKE_MONOTONIC: '1' };
}
