import { createHash } from "node:crypto";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const FONT = /url\(["']?data:[^;,)]*font[^;,)]*;(?:charset=[^;,]*;)?base64,([A-Za-z0-9+/=]+)["']?\)/g;

/** The design system carries its fonts inside of its style sheet, a quarter of a megabyte before anything is shown. As
    files of their own they come beside it, and only where they are there in time: nothing jumps when they arrive. */
function fontsAsFiles(): Plugin {
  return {
    name: "fonts-as-files",
    apply: "build",
    enforce: "post",
    generateBundle(_, bundle) {
      for (const sheet of Object.values(bundle)) {
        if (sheet.type !== "asset" || !sheet.fileName.endsWith(".css")) continue;
        sheet.source = String(sheet.source)
          .replaceAll(FONT, (_found, data: string) => {
            const source = Buffer.from(data, "base64");
            const fileName = `assets/font-${createHash("sha256").update(source).digest("hex").slice(0, 10)}.woff2`;
            this.emitFile({ type: "asset", fileName, source });
            return `url(/console/${fileName})`;
          })
          .replaceAll("@font-face{", "@font-face{font-display:optional;");
      }
    },
  };
}

/* The service serves these files itself, under /console/, with a policy that lets nothing inline run: no file is turned
   into a data: URL, and nothing is loaded from elsewhere. */
export default defineConfig({
  base: "/console/",
  plugins: [fontsAsFiles(), react()],
  build: {
    outDir: "../src/tayori/console/static",
    emptyOutDir: true,
    target: "es2023",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
  },
});
