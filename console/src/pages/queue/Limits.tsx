/* What an operator allows a site in place of what the table of providers says. */

import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useEffect, useState } from "react";
import { tayori } from "../../api/client";
import { useNotices } from "../../frame/notices";
import { useWords } from "../../frame/words";
import { Failure } from "../../parts/Failure";
import { useAction } from "../../parts/useAction";
import { useCall } from "../../parts/useCall";
import type { Limit } from "./types";
import { words } from "./words";

/** `known`: the site's name where delivery has just named it; else the operator does. */
export function Limits({ known: name, changed }: { known: string; changed: () => void }) {
  const t = useWords(words);
  const notices = useNotices();
  const [typed, setTyped] = useState("");
  const site = name || typed.trim();
  const known = useCall((signal) => tayori<{ limits: Limit[] }>("GET", "/tayori/queue/limits", undefined, signal), []);
  const [connections, setConnections] = useState("");
  const [rate, setRate] = useState("");
  const limit = known.value?.limits.find((one) => one.site === site);
  useEffect(() => {
    setConnections(limit?.connections ? String(limit.connections) : "");
    setRate(limit?.rate ? String(limit.rate) : "");
  }, [limit?.connections, limit?.rate]);
  const isWrong = connections.trim() !== "" && !(/^\d{1,4}$/u.test(connections.trim()) && inside(connections, 1, 1000));
  const isRateWrong = rate.trim() !== "" && !(/^\d*\.?\d+$/u.test(rate.trim()) && inside(rate, 0.001, 10_000));
  const action = useAction(async () => {
    const given = { site, connections: Number(connections) || 0, rate: Number(rate) || 0 };
    await tayori("POST", "/tayori/queue/limits", given);
    notices.tell("success", t.applied(site));
    await known.reload();
    changed();
  });
  return (
    <Container
      header={
        <Header
          variant="h2"
          description={t.limitAbout}
          actions={
            <Button
              disabled={!site}
              loading={action.isRunning}
              onClick={() => {
                if (site && !isWrong && !isRateWrong) void action.run();
              }}
            >
              {t.apply}
            </Button>
          }
        >
          {t.limitTitle}
        </Header>
      }
    >
      <SpaceBetween size="s">
        <Failure failure={known.failure} retry={known.reload} />
        {!name && (
          <FormField label={t.siteName} constraintText={t.siteHint}>
            <Input
              value={typed}
              spellcheck={false}
              autoComplete={false}
              onChange={({ detail }) => setTyped(detail.value)}
            />
          </FormField>
        )}
        {!name && (known.value?.limits.length ?? 0) > 0 && (
          <Box color="text-body-secondary">
            {t.limited(known.value?.limits.map((one) => one.site).join(", ") ?? "")}
          </Box>
        )}
        <ColumnLayout columns={2} minColumnWidth={200}>
          <FormField label={t.limitConnections} constraintText={t.limitHint} errorText={isWrong ? t.limitWrong : ""}>
            <Input
              inputMode="numeric"
              value={connections}
              autoComplete={false}
              onChange={({ detail }) => setConnections(detail.value)}
            />
          </FormField>
          <FormField label={t.limitRate} constraintText={t.limitHint} errorText={isRateWrong ? t.rateWrong : ""}>
            <Input
              inputMode="decimal"
              value={rate}
              autoComplete={false}
              onChange={({ detail }) => setRate(detail.value)}
            />
          </FormField>
        </ColumnLayout>
        <Failure failure={action.failure} />
      </SpaceBetween>
    </Container>
  );
}

function inside(text: string, least: number, most: number): boolean {
  const value = Number(text);
  return value >= least && value <= most;
}
