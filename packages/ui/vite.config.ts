import tailwindcss from "@tailwindcss/vite"
import react from "@vitejs/plugin-react"
import { defaultClientConditions, defineConfig } from "vite"

/** Where a server for development is, that `vite` passes the API on to. */
const api = process.env["RUNYARD_API"] ?? "http://127.0.0.1:4173"

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), tailwindcss()],
  resolve: { conditions: ["@runyard/source", ...defaultClientConditions] },
  build: {
    outDir: "dist/web",
    emptyOutDir: true,
    target: "es2024",
    // The content security policy lets nothing in that is not a file of this server.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: "assets.json",
  },
  server: { proxy: { "/api": { target: api, changeOrigin: true } } },
})
