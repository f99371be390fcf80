// Writes src/api/schema.d.ts from the management API's document. The operations' names are left out, because several are called `list` or
// `show` and openapi-typescript would mix up equal names; paths are what the client goes by.
import { readFileSync, writeFileSync } from 'node:fs';
import openapiTS, { astToString } from 'openapi-typescript';

const document = JSON.parse(readFileSync(new URL('../openapi.json', import.meta.url), 'utf8'));
for (const path of Object.values(document.paths)) {
  for (const operation of Object.values(path)) delete operation.operationId;
}
const text = astToString(await openapiTS(document));
writeFileSync(new URL('../src/api/schema.d.ts', import.meta.url), `// Made from openapi.json by \`npm run types\`.\n${text}`);
