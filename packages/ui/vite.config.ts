import tailwindcss from "@tailwindcss/vite"
import react from "@vitejs/plugin-react"
import { defaultClientConditions, defineConfig, type ProxyOptions } from "vite"

/** Where a server is that `npx vite` passes the API on to, for work on the page. */
const target = process.env["RUNYARD_API"] ?? "http://127.0.0.1:4747"

const proxy: Record<string, ProxyOptions> = {
  "/api": {
    target,
    changeOrigin: true,
    // The server answers its own page alone, and this one is not it.
    configure: (proxy) => proxy.on("proxyReq", (request) => request.removeHeader("origin")),
  },
}

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
  server: { proxy },
  preview: { proxy },
})
