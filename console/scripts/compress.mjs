// Writes a `.gz` beside every text file of dist; the server sends it to browsers that take gzip.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { constants, gzipSync } from 'node:zlib';

const dist = fileURLToPath(new URL('../dist', import.meta.url));
const TEXT = new Set(['.js', '.css', '.svg', '.json', '.txt', '.webmanifest']);

for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  const file = join(entry.parentPath, entry.name);
  if (entry.isFile() && entry.name.endsWith('.gz')) rmSync(file);
  // The page itself gets a nonce with every answer, so it cannot be compressed beforehand.
  if (!entry.isFile() || !TEXT.has(extname(entry.name))) continue;
  const content = readFileSync(file);
  const zipped = gzipSync(content, { level: constants.Z_BEST_COMPRESSION });
  if (zipped.length < content.length) writeFileSync(`${file}.gz`, zipped);
}
