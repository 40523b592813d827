// The page as it is built and committed: what the service worker keeps, what the page weighs, and what installs it.

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';

const DIST = new URL('../../dist/', import.meta.url).pathname;
const GZIP_BYTES_MAX = 100_000;
const files = readdirSync(DIST, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(DIST.length));
const read = (file: string) => readFileSync(join(DIST, file));

test('weighs less than 100 kB, with all that is loaded late; the icons are the system’s', () => {
  const weights = files.filter((file) => !file.endsWith('.png')).map((file) => gzipSync(read(file)).length);
  const sum = weights.reduce((all, weight) => all + weight, 0);
  console.info(`the whole page: ${sum} bytes gzip of ${GZIP_BYTES_MAX} allowed`);
  expect(sum).toBeLessThan(GZIP_BYTES_MAX);
});

test('the service worker keeps every file of the page, and none that is not there', () => {
  const listed = /\[("\/[^\]]*)\]/.exec(read('sw.js').toString())?.[0] ?? '[]';
  const kept = (JSON.parse(listed) as string[]).map((path) => (path === '/' ? 'index.html' : path.slice(1)));
  const shell = files.filter((file) => !file.endsWith('.png') && file !== 'sw.js');
  expect(kept.sort()).toEqual(shell.sort());
});

test('the manifest’s icons are there', () => {
  const manifest = JSON.parse(read('manifest.webmanifest').toString()) as {
    icons: { src: string; sizes: string }[];
  };
  for (const { src } of manifest.icons) expect(existsSync(join(DIST, src))).toBe(true);
  expect(manifest.icons.map(({ sizes }) => sizes)).toEqual(expect.arrayContaining(['192x192', '512x512']));
});
