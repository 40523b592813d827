// The files of `proto/`, for the tests beside this one.

import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const PROTO = fileURLToPath(new URL('../../proto/', import.meta.url));

export const read = (path) => readFileSync(PROTO + path, 'utf8');
export const json = (path) => JSON.parse(read(path));
export const vectors = (name) => json(`vectors/${name}.json`).vectors;

/** All schemas by file name. */
export const schemas = () =>
  Object.fromEntries(readdirSync(`${PROTO}schemas`).map((file) => [file, json(`schemas/${file}`)]));
