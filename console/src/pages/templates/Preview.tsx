/* What a template comes out as. The HTML is shown by a page of the service that runs nothing of it and loads nothing. */

import Box from "@cloudscape-design/components/box";
import FormField from "@cloudscape-design/components/form-field";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useEffect, useRef, useState } from "react";
import { useAddressed } from "../../frame/place";
import { useWords } from "../../frame/words";
import { words } from "./words";

export interface Parts {
  subject?: string;
  text?: string;
  html?: string;
}

export function Preview({ parts, isStale }: { parts: Parts; isStale: boolean }) {
  const t = useWords(words);
  const [device, setDevice] = useAddressed("device", "desktop");
  const [mode, setMode] = useAddressed("mode", "light");
  const [shown, setShown] = useAddressed("shown", "html");
  const width = device === "phone" ? "preview-phone" : "";
  return (
    <SpaceBetween size="s">
      <SpaceBetween direction="horizontal" size="l">
        <FormField label={t.device}>
          <SegmentedControl
            selectedId={device}
            onChange={({ detail }) => setDevice(detail.selectedId)}
            options={[
              { id: "desktop", text: t.desktop },
              { id: "phone", text: t.phone },
            ]}
          />
        </FormField>
        <FormField label={t.mode}>
          <SegmentedControl
            selectedId={mode}
            onChange={({ detail }) => setMode(detail.selectedId)}
            options={[
              { id: "light", text: t.light },
              { id: "dark", text: t.dark },
            ]}
          />
        </FormField>
        <FormField label={t.shown}>
          <SegmentedControl
            selectedId={shown}
            onChange={({ detail }) => setShown(detail.selectedId)}
            options={[
              { id: "html", text: t.htmlPart },
              { id: "text", text: t.plain },
            ]}
          />
        </FormField>
      </SpaceBetween>
      <Box>
        <strong>{t.subject}:</strong> <span data-preview="subject">{parts.subject || t.noSubject}</span>
      </Box>
      {isStale && <Box color="text-status-warning">{t.stale}</Box>}
      {shown === "html" ? (
        parts.html ? (
          <HtmlFrame html={parts.html} mode={mode} className={`preview-frame ${width}`} title={t.preview} />
        ) : (
          <Box color="text-body-secondary">{t.noHtml}</Box>
        )
      ) : parts.text ? (
        <section
          // A long text is scrolled by the keyboard too.
          // biome-ignore lint/a11y/noNoninteractiveTabindex: scrollable
          tabIndex={0}
          aria-label={t.plain}
          className={`preview-text ${width} ${mode === "dark" ? "preview-dark" : "preview-light"}`}
        >
          {parts.text}
        </section>
      ) : (
        <Box color="text-body-secondary">{t.noText}</Box>
      )}
      <Box variant="small" color="text-body-secondary">
        {t.pictures}
      </Box>
    </SpaceBetween>
  );
}

function HtmlFrame({ html, mode, className, title }: { html: string; mode: string; className: string; title: string }) {
  const frame = useRef<HTMLIFrameElement>(null);
  const [isReady, setReady] = useState(false);
  useEffect(() => {
    const hear = (event: MessageEvent) => {
      if (event.source === frame.current?.contentWindow && event.data === "ready") setReady(true);
    };
    window.addEventListener("message", hear);
    return () => window.removeEventListener("message", hear);
  }, []);
  useEffect(() => {
    // The frame is nobody's origin: no other name for it than any.
    if (isReady) frame.current?.contentWindow?.postMessage({ html, mode, title }, "*");
  }, [isReady, html, mode, title]);
  return (
    <iframe
      ref={frame}
      title={title}
      className={className}
      sandbox="allow-scripts"
      referrerPolicy="no-referrer"
      src="/tayori/templates/frame"
    />
  );
}
