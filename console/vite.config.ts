import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type HtmlTagDescriptor, type Plugin, type Rollup } from "vite";

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

/** What every page needs is asked for at once, not when the script that needs it has been read. */
function frameAhead(): Plugin {
  const ahead = ["/src/app.tsx", "/src/frame/layout.tsx"];
  return {
    name: "frame-ahead",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler(_html, { bundle = {} }) {
        const chunks = new Map<string, Rollup.OutputChunk>();
        const add = (chunk: Rollup.OutputAsset | Rollup.OutputChunk | undefined) => {
          if (chunk?.type !== "chunk" || chunks.has(chunk.fileName)) return;
          for (const name of chunk.imports) add(bundle[name]);
          chunks.set(chunk.fileName, chunk);
        };
        for (const chunk of Object.values(bundle))
          if (chunk.type === "chunk" && ahead.some((end) => chunk.facadeModuleId?.endsWith(end))) add(chunk);
        const sheets = new Set([...chunks.values()].flatMap((one) => [...(one.viteMetadata?.importedCss ?? [])]));
        const link = (attrs: Record<string, string | boolean>): HtmlTagDescriptor => ({
          tag: "link",
          attrs,
          injectTo: "head",
        });
        return [
          ...[...sheets].map((name) => link({ rel: "stylesheet", crossorigin: true, href: `/console/${name}` })),
          ...[...chunks.keys()].map((name) =>
            link({ rel: "modulepreload", crossorigin: true, href: `/console/${name}` }),
          ),
        ];
      },
    },
  };
}

const compress = { br: promisify(brotliCompress), gz: promisify(gzip) };
const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } };

/** Each file that gains by it as Brotli (RFC 7932) and gzip have it, beside it: the service compresses nothing. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    enforce: "post",
    async writeBundle({ dir = "" }, bundle) {
      const write = async (name: string, content: Buffer) => {
        await writeFile(join(dir, `${name}.br`), await compress.br(content, brotli));
        await writeFile(join(dir, `${name}.gz`), await compress.gz(content, { level: 9 }));
      };
      const files = Object.values(bundle).map((one) => ({
        name: one.fileName,
        content: Buffer.from(one.type === "chunk" ? one.code : one.source),
      }));
      const gain = files.filter((one) => !one.name.endsWith(".woff2") && one.content.length > 1024);
      await Promise.all(gain.map((one) => write(one.name, one.content)));
    },
  };
}

/* The service serves these files itself, under /console/, with a policy that lets nothing inline run: no file is turned
   into a data: URL, and nothing is loaded from elsewhere. */
export default defineConfig({
  base: "/console/",
  plugins: [fontsAsFiles(), frameAhead(), compressed(), react()],
  build: {
    outDir: "../src/tayori/console/static",
    emptyOutDir: true,
    target: "es2023",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
  },
});
