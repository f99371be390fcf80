import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Where `npm run dev` finds the management API. */
const server = process.env['CLAVIGER_URL'] ?? 'http://127.0.0.1:5397';

// The API asks for an Origin of its own, so the proxy takes that of the server it speaks to.
const proxy = { target: server, changeOrigin: true, headers: { origin: server } };

export default defineConfig(({ command }) => ({
  // Relative, so that one build works behind any path prefix.
  base: command === 'serve' ? '/console/' : './',
  plugins: [react()],
  server: { host: '127.0.0.1', proxy: { '/console/api': proxy, '/rest': proxy } },
  build: {
    target: 'es2022',
    // light-dark() as it stands: what replaces it for older browsers does not know Mantine's colour scheme.
    cssTarget: ['chrome123', 'firefox121', 'safari17.5'],
    // The content security policy allows no inline code; every browser meant here preloads modules by itself.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
}));
