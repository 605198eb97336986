/* How the sender itself does: an operator sees what was found, everybody else whether it is well. */

import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { tayori } from "../../api/client";
import { type Language, useLanguage, useWords } from "../../frame/words";
import { Failure } from "../../parts/Failure";
import { useCall } from "../../parts/useCall";
import { type HealthWords, healthWords } from "./healthWords";

type State = "ok" | "warning" | "failed";

interface Found {
  count?: number;
  troubles?: { loop: string; reason: string }[];
  waiting?: number;
  isMore?: boolean;
  lateSeconds?: number;
  zone?: string;
  answer?: string;
  freeBytes?: number;
  certificates?: { for: string; ends: string | null }[];
}

interface Answer {
  health: State;
  checks: { check: string; health: State; found?: Found }[];
}

const TYPES = { ok: "success", warning: "warning", failed: "error" } as const;

export function Health() {
  const t = useWords(healthWords);
  const language = useLanguage();
  const found = useCall((signal) => tayori<Answer>("GET", "/tayori/health", undefined, signal), [], { every: 15 });
  const checks = found.value?.checks ?? Array.from({ length: 6 }, () => null);
  return (
    <Container header={<Header variant="h2">{t.health}</Header>}>
      <SpaceBetween size="s">
        {found.value ? (
          <StatusIndicator type={TYPES[found.value.health]}>{t[`all_${found.value.health}`]}</StatusIndicator>
        ) : (
          !found.failure && <StatusIndicator type="loading">{t.looking}</StatusIndicator>
        )}
        <Failure failure={found.failure} retry={found.reload} />
        <ul style={{ listStyle: "none", margin: 0, padding: 0 }}>
          {checks.map((one, n) => (
            <li key={one?.check ?? n} style={{ minHeight: "44px" }}>
              {one && (
                <>
                  <StatusIndicator type={TYPES[one.health]} iconAriaLabel={t[one.health]}>
                    {nameOf(one.check, t)}
                  </StatusIndicator>
                  <Box color="text-body-secondary" fontSize="body-s" padding={{ left: "l" }}>
                    {one.found ? said(one.check, one.found, t, language) : t[one.health]}
                  </Box>
                </>
              )}
            </li>
          ))}
        </ul>
      </SpaceBetween>
    </Container>
  );
}

function nameOf(check: string, t: HealthWords): string {
  const names: Record<string, string> = {
    loops: t.loops,
    workers: t.workers,
    queue: t.queue,
    dns: t.dns,
    certificates: t.certificates,
    disk: t.disk,
  };
  return names[check] ?? check;
}

function said(check: string, found: Found, t: HealthWords, language: Language): string {
  switch (check) {
    case "loops":
      return found.troubles?.length
        ? t.loopsUnwell(found.troubles.map((one) => one.loop).join(", "))
        : t.loopsWell(found.count ?? 0);
    case "workers":
      return t.workersFound(found.count ?? 0);
    case "queue": {
      const waiting = `${(found.waiting ?? 0).toLocaleString("en-US")}${found.isMore ? "+" : ""}`;
      const minutes = Math.floor((found.lateSeconds ?? 0) / 60);
      return minutes > 0 ? t.queueLate(waiting, minutes) : t.queueFound(waiting);
    }
    case "dns":
      return t.zone(found.zone ?? "", found.answer === "found");
    case "certificates":
      return (found.certificates ?? [])
        .map((one) => t.certificate(one.for.toUpperCase(), one.ends ? day(language, one.ends) : ""))
        .join("; ");
    case "disk":
      return t.free(((found.freeBytes ?? 0) / 1024 ** 3).toFixed(1));
    default:
      return "";
  }
}

function day(language: Language, at: string): string {
  return new Date(at).toLocaleDateString(language === "ja" ? "ja-JP" : "en-GB", { dateStyle: "medium" });
}
