// The ancestor's JavaScript client with an HTTP client that adds the API key: all that an application has to bring.
import { createRequire } from 'node:module';

const { WakandaClient, HttpClient, HttpResponse } = createRequire(import.meta.url)('wakanda-client');

const { ENDPOINT, API_KEY } = process.env;

/** As the package's own client for Node, apart from the header. Keeps what was sent, for tests that look at it. */
class KeyedHttpClient extends HttpClient {
  sent = [];

  constructor(key) {
    super({ apiPrefix: ENDPOINT });
    this.key = key;
  }

  get({ uri }) {
    return this.#send(uri, { method: 'GET' });
  }

  post({ uri, data, binary }) {
    const body = binary ? data : JSON.stringify(data);
    const type = binary ? 'application/octet-stream' : 'application/json';
    return this.#send(uri, { method: 'POST', body, headers: { 'content-type': type } });
  }

  async #send(uri, { headers, ...request }) {
    this.sent.push({ uri, ...request });
    const response = await fetch(this.prefix + uri, { ...request, headers: { ...headers, 'api-key': this.key } });
    const body = await response.text();
    if (response.status >= 400) throw Object.assign(new Error(`${response.status} ${body}`), { status: response.status, body });
    return new HttpResponse({ statusCode: response.status, headers: Object.fromEntries(response.headers), body });
  }
}

/** A client with a key: of the role Editor, unless another one is given. */
export function connect(key = API_KEY) {
  const http = new KeyedHttpClient(key);
  return Object.assign(new WakandaClient({ client: http }), { sent: http.sent });
}

/** For `assert.rejects`: the status, and the numbers of `__ERROR` in their order. */
export function refused(status, ...numbers) {
  return (error) => {
    const told = JSON.parse(error.body).__ERROR.map(({ errCode }) => errCode);
    return error.status === status && JSON.stringify(told) === JSON.stringify(numbers);
  };
}
