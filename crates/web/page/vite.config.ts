// How the page is built: into `crates/web/dist/`, which is committed and embedded in the server.
//
// The output must be the same bytes wherever it is built (CI compares), and must run under a policy that forbids
// inline scripts, inline styles and data: URLs. Hence no source maps, nothing inlined, no preload helper.

import { defineConfig } from 'vite';

// While developing, `npm run dev` serves the page and passes `/ws` on to a server that runs already.
const server = process.env['KKANBU_SERVER'] ?? 'http://localhost:8080';

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
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  server: { proxy: { '/ws': { target: server, ws: true } } },
});
