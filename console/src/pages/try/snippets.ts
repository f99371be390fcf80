import { shell } from '../../shared/shell';
import type { BuiltRequest } from './request';

/** The request in the words of a tool. The secret is never part of it: it comes from the environment. */
export const LANGUAGES = ['curl', 'JavaScript', 'Python', 'Postman'] as const;
export type Language = (typeof LANGUAGES)[number];

export function snippet(language: Language, endpoint: string, request: BuiltRequest): string {
  const body = request.body !== null && request.body.trim() !== '' ? request.body.trim() : null;
  const asked = { ...request, body };
  if (language === 'curl') return curl(endpoint + request.path, asked);
  if (language === 'JavaScript') return javascript(endpoint + request.path, asked);
  if (language === 'Python') return python(endpoint + request.path, asked);
  return postman(endpoint, asked);
}

function curl(url: string, { method, body }: BuiltRequest): string {
  const options = [
    ...(method === 'GET' ? [] : method === 'HEAD' ? ['--head'] : [`--request ${method}`]),
    // Brackets and braces would be patterns.
    ...(/[[\]{}]/.test(url) ? ['--globoff'] : []),
    '--header "api-key: $CLAVIGER_API_KEY"',
    ...(body === null ? [] : ["--header 'content-type: application/json'", `--data ${shell(body)}`]),
  ];
  return `curl ${[...options, shell(url)].join(' \\\n  ')}`;
}

function javascript(url: string, { method, body }: BuiltRequest): string {
  const lines = [
    `const response = await fetch(${JSON.stringify(url)}, {`,
    ...(method === 'GET' ? [] : [`  method: ${JSON.stringify(method)},`]),
    '  headers: {',
    "    'api-key': process.env.CLAVIGER_API_KEY,",
    ...(body === null ? [] : ["    'content-type': 'application/json',"]),
    '  },',
    ...(body === null ? [] : [`  body: JSON.stringify(${indented(literal(body))}),`]),
    '});',
    'if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);',
    'console.log(await response.json());',
  ];
  return lines.join('\n');
}

/** JSON is an expression of JavaScript; what is no JSON yet becomes a text. */
function literal(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return JSON.stringify(body);
  }
}

function indented(text: string): string {
  return text.replaceAll('\n', '\n  ');
}

function python(url: string, { method, body }: BuiltRequest): string {
  const lines = [
    'import os',
    '',
    'import requests',
    '',
    `response = requests.request(`,
    `    ${JSON.stringify(method)},`,
    `    ${JSON.stringify(url)},`,
    `    headers={`,
    `        "api-key": os.environ["CLAVIGER_API_KEY"],`,
    ...(body === null ? [] : [`        "content-type": "application/json",`]),
    `    },`,
    // The text as it is: JSON and Python differ in true, false and null.
    ...(body === null ? [] : [`    data=${JSON.stringify(body)}.encode(),`]),
    `    timeout=30,`,
    `)`,
    `response.raise_for_status()`,
    `print(response.json())`,
  ];
  return lines.join('\n');
}

/** A collection of format 2.1 with one request; the key is the variable `api-key`, which is empty. */
function postman(endpoint: string, { method, path, body }: BuiltRequest): string {
  const [pathname = '', search = ''] = path.split(/\?(.*)/s);
  const query = search === '' ? [] : search.split('&').map((part) => ({ key: part.split('=')[0] ?? '', value: part.split(/=(.*)/s)[1] ?? '' }));
  const collection = {
    info: { name: 'Claviger', schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json' },
    auth: {
      type: 'apikey',
      apikey: [
        { key: 'key', value: 'api-key', type: 'string' },
        { key: 'value', value: '{{api-key}}', type: 'string' },
        { key: 'in', value: 'header', type: 'string' },
      ],
    },
    variable: [
      { key: 'endpoint', value: endpoint },
      { key: 'api-key', value: '' },
    ],
    item: [
      {
        name: `${method} ${decoded(pathname)}`,
        request: {
          method,
          header: body === null ? [] : [{ key: 'content-type', value: 'application/json' }],
          ...(body === null ? {} : { body: { mode: 'raw', raw: body, options: { raw: { language: 'json' } } } }),
          url: { raw: `{{endpoint}}${path}`, host: ['{{endpoint}}'], path: pathname.split('/').filter((part) => part !== ''), query },
        },
      },
    ],
  };
  return JSON.stringify(collection, null, 2);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
