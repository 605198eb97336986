import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { save } from "../../api/client";
import { useAddressed } from "../../frame/place";
import { useLanguage, useWords } from "../../frame/words";
import { CopyButton, CopyText } from "../../parts/CopyText";
import { addressFault } from "../../parts/limit";
import { type Doors, type Snippet, snippets } from "./snippets";
import { words } from "./words";

const LANGUAGES = [...new Set(snippets.map((one) => one.language))];

/** A program to copy: chosen by language and protocol, which stand in the address. */
export function Code({ doors }: { doors: Doors }) {
  const t = useWords(words);
  const language = useLanguage();
  const [chosen, choose] = useAddressed("code", "python-boto3");
  const [from, setFrom] = useState("sender@example.com");
  const [to, setTo] = useState("recipient@example.net");
  const snippet = snippets.find((one) => one.id === chosen) ?? (snippets[0] as Snippet);
  const ways = snippets.filter((one) => one.language === snippet.language);
  const named = (one: Snippet) => ({
    value: one.id,
    label: one.protocol === "smtp" ? t.overSmtp(one.label) : t.overApi(one.label),
  });
  const faults = [from, to].map((one) => addressFault(one, language) || (/["'\\\s]/u.test(one) ? t.from : ""));
  const isGood = faults.every((one) => one === "");
  const text = snippet.text(doors, isGood ? { from, to } : { from: "sender@example.com", to: "recipient@example.net" });
  return (
    <Container
      header={
        <Header variant="h2" description={t.codeAbout}>
          {t.code}
        </Header>
      }
    >
      <SpaceBetween size="m">
        <ColumnLayout columns={4} minColumnWidth={200}>
          <FormField label={t.language}>
            <Select
              selectedOption={{ value: snippet.language, label: snippet.language }}
              options={LANGUAGES.map((one) => ({ value: one, label: one }))}
              onChange={({ detail }) =>
                choose(snippets.find((one) => one.language === detail.selectedOption.value)?.id ?? chosen)
              }
            />
          </FormField>
          <FormField label={t.protocol}>
            <Select
              selectedOption={named(snippet)}
              options={ways.map(named)}
              onChange={({ detail }) => choose(detail.selectedOption.value ?? chosen)}
            />
          </FormField>
          <FormField label={t.from} errorText={faults[0]}>
            <Input value={from} onChange={({ detail }) => setFrom(detail.value)} />
          </FormField>
          <FormField label={t.to} errorText={faults[1]}>
            <Input value={to} onChange={({ detail }) => setTo(detail.value)} />
          </FormField>
        </ColumnLayout>
        {snippet.install && (
          <div>
            <Box variant="awsui-key-label">{t.install}</Box>
            <Box variant="code">
              <CopyText text={snippet.install} name={t.install} />
            </Box>
          </div>
        )}
        <SpaceBetween direction="horizontal" size="xs" alignItems="center">
          <Box variant="code">{snippet.file}</Box>
          <CopyButton text={text} name={t.snippet} />
          <Button
            variant="icon"
            iconName="download"
            ariaLabel={t.saveCode}
            onClick={() => save(text, snippet.file.split(",")[0]?.split("/").pop() || "send.txt")}
          />
        </SpaceBetween>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keyboard */}
        <section aria-label={t.snippet} tabIndex={0} style={{ overflowX: "auto" }}>
          <Box variant="code">
            <pre style={{ margin: 0 }}>{text}</pre>
          </Box>
        </section>
      </SpaceBetween>
    </Container>
  );
}
