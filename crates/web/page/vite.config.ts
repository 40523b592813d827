// How the page is built: into `crates/web/dist/`, which is committed and embedded in the server.
//
// The output must be the same bytes wherever it is built (CI compares), and must run under a policy that forbids
// inline scripts, inline styles and data: URLs. Hence no source maps, nothing inlined, no preload helper.

import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { defineConfig } from 'vite';
import type { Plugin } from 'vite';

// While developing, `npm run dev` serves the page and passes `/ws` on to a server that runs already.
const server = process.env['KKANBU_SERVER'] ?? 'http://localhost:8080';

/** All of the page, with what is loaded late and seldom; pictures of the app's icon are the system's, and not in it. */
const GZIP_BYTES_MAX = 100_000;
const SERVICE_WORKER = 'sw.js';

export default defineConfig({
  base: '/',
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    target: 'es2022',
    sourcemap: false,
    assetsInlineLimit: 0,
    modulePreload: false,
    reportCompressedSize: true,
    rolldownOptions: {
      input: { index: 'index.html', sw: 'src/sw.ts' },
      output: {
        // Its address must not change, or browsers would take each version for another worker.
        entryFileNames: ({ name }) => (name === 'sw' ? SERVICE_WORKER : 'assets/[name]-[hash].js'),
      },
    },
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [keptFiles(), sizeLimit()],
  server: { proxy: { '/ws': { target: server, ws: true } } },
});

/** Tells the service worker which files are the page, and names their version by their content. */
function keptFiles(): Plugin {
  return {
    name: 'kept-files',
    apply: 'build',
    enforce: 'post',
    generateBundle(_, bundle) {
      const hash = createHash('sha256');
      const paths: string[] = [];
      const add = (name: string, content: string | Uint8Array): void => {
        paths.push(name === 'index.html' ? '/' : `/${name}`);
        hash.update(name).update('\0').update(content).update('\0');
      };
      for (const name of Object.keys(bundle).sort()) {
        const file = bundle[name];
        if (!file || name === SERVICE_WORKER) continue;
        add(name, file.type === 'chunk' ? file.code : file.source);
      }
      // The app's pictures are asked for by the system alone, when the page is installed.
      for (const name of ['favicon.svg', 'manifest.webmanifest']) add(name, readFileSync(`public/${name}`));
      const worker = bundle[SERVICE_WORKER];
      if (worker?.type !== 'chunk') throw new Error('no service worker');
      worker.code = worker.code
        .replaceAll('KEPT_FILES', JSON.stringify(paths))
        .replaceAll('KEPT_VERSION', JSON.stringify(hash.digest('hex').slice(0, 16)));
    },
  };
}

/** Prints what the page weighs on its way to a phone, and refuses to build one that is too heavy. */
function sizeLimit(): Plugin {
  return {
    name: 'size-limit',
    apply: 'build',
    enforce: 'post',
    generateBundle(_, bundle) {
      const weigh = (content: string | Uint8Array): number => gzipSync(content, { level: 9 }).length;
      const built = Object.values(bundle).map((file) =>
        weigh(file.type === 'chunk' ? file.code : file.source),
      );
      const copied = readdirSync('public').filter((name) => !name.endsWith('.png'));
      const sizes = [...built, ...copied.map((name) => weigh(readFileSync(`public/${name}`)))];
      const sum = sizes.reduce((all, size) => all + size, 0);
      this.info(`the whole page: ${sum} bytes gzip of ${GZIP_BYTES_MAX} allowed`);
      if (sum > GZIP_BYTES_MAX)
        this.error(`the page is too heavy: ${sum} bytes gzip, ${GZIP_BYTES_MAX} allowed`);
    },
  };
}
