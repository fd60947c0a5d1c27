// embed.mjs OUT.cc FILE...: the files as bytes in C++, for dashboard_assets.h.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, extname } from 'node:path';

const CONTENT_TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  // As the HTTP library knows it, which compresses by the type's name.
  '.js': 'application/javascript',
  '.svg': 'image/svg+xml',
};
const BYTES_A_LINE = 64;

// Octal, always three digits: no digit that follows can belong to it.
function literal(bytes) {
  const lines = [];
  for (let at = 0; at < bytes.length; at += BYTES_A_LINE) {
    let line = '';
    for (const byte of bytes.subarray(at, at + BYTES_A_LINE)) {
      const plain = byte >= 0x20 && byte < 0x7f && !'"\\?'.includes(String.fromCharCode(byte));
      line += plain ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`;
    }
    lines.push(`    "${line}"`);
  }
  return lines.join('\n') || '    ""';
}

const [out, ...files] = process.argv.slice(2);
let constants = '';
let rows = '';
files.forEach((file, number) => {
  const bytes = readFileSync(file);
  const type = CONTENT_TYPES[extname(file)];
  if (type === undefined) throw new Error(`${file}: of no known content type`);
  const etag = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  constants += `constexpr char kBytes${number}[] =\n${literal(bytes)};\n\n`;
  rows += `    {"${basename(file)}", "${type}", {kBytes${number}, ${bytes.length}}, "W/\\"${etag}\\""},\n`;
});

writeFileSync(
  out,
  `#include "proxy/admin/dashboard/dashboard_assets.h"

namespace pinnace::admin::dashboard {
namespace {

${constants}constexpr Asset kAssets[] = {
${rows}};

}  // namespace

absl::Span<const Asset> Assets() { return kAssets; }

}  // namespace pinnace::admin::dashboard
`,
);
