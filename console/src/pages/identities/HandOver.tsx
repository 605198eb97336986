/* What the DNS administrator gets: a document, a form for a program, a link without an account. */

import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { download, tayori, withQuery } from "../../api/client";
import { useNotices } from "../../frame/notices";
import { segment } from "../../frame/place";
import { useLanguage, useWords } from "../../frame/words";
import { CopyText } from "../../parts/CopyText";
import { Failure } from "../../parts/Failure";
import { timeIn } from "../../parts/TimeText";
import { useAction } from "../../parts/useAction";
import { useCall } from "../../parts/useCall";
import type { ShareLink } from "./types";
import { words } from "./words";

const DOCUMENTS = [
  { value: "pdf", label: "PDF" },
  { value: "html", label: "HTML" },
  { value: "md", label: "Markdown" },
  { value: "xlsx", label: "XLSX" },
];
const ZONES = [
  { value: "bind", label: "BIND", end: "zone" },
  { value: "csv", label: "CSV", end: "csv" },
  { value: "json", label: "JSON", end: "json" },
  { value: "terraform-route53", label: "Terraform (Route 53)", end: "tf" },
  { value: "terraform-cloudflare", label: "Terraform (Cloudflare)", end: "tf" },
  { value: "route53", label: "Route 53 (AWS CLI)", end: "json" },
  { value: "octodns", label: "octoDNS", end: "yaml" },
  { value: "nsupdate", label: "nsupdate (RFC 2136)", end: "txt" },
  { value: "domain-connect", label: "Domain Connect", end: "json" },
];

export function HandOver({ name, mayChange }: { name: string; mayChange: boolean }) {
  const t = useWords(words);
  const shown = useLanguage();
  const base = `/tayori/domains/${segment(name)}`;
  const [lang, setLang] = useState<string>(shown);
  const [form, setForm] = useState("pdf");
  const [zone, setZone] = useState("bind");
  const languages = [
    { value: "en", label: t.english },
    { value: "ja", label: t.japanese },
  ];
  const end = ZONES.find((one) => one.value === zone)?.end ?? "txt";
  const document = useAction(() =>
    download(withQuery(`${base}/dossier`, { lang, format: form }), `${name}-dns-${lang}.${form}`),
  );
  const file = useAction(() => download(withQuery(`${base}/zone`, { format: zone }), `${name}.${end}`));
  return (
    <Container
      header={
        <Header variant="h2" description={t.handOverText}>
          {t.handOver}
        </Header>
      }
    >
      <SpaceBetween size="l">
        <Failure failure={document.failure ?? file.failure} />
        <ColumnLayout columns={3} minColumnWidth={220} borders="vertical">
          <SpaceBetween size="m">
            <FormField label={t.document}>
              <Select
                options={DOCUMENTS}
                selectedOption={DOCUMENTS.find((one) => one.value === form) ?? null}
                onChange={({ detail }) => setForm(detail.selectedOption.value ?? "pdf")}
              />
            </FormField>
            <FormField label={t.documentLanguage}>
              <Select
                options={languages}
                selectedOption={languages.find((one) => one.value === lang) ?? null}
                onChange={({ detail }) => setLang(detail.selectedOption.value ?? "en")}
              />
            </FormField>
            <Button iconName="download" loading={document.isRunning} onClick={() => void document.run()}>
              {t.downloadAs}
            </Button>
          </SpaceBetween>
          <SpaceBetween size="m">
            <FormField label={t.zoneForm}>
              <Select
                options={ZONES}
                selectedOption={ZONES.find((one) => one.value === zone) ?? null}
                onChange={({ detail }) => setZone(detail.selectedOption.value ?? "bind")}
              />
            </FormField>
            <Button iconName="download" loading={file.isRunning} onClick={() => void file.run()}>
              {t.downloadZone}
            </Button>
          </SpaceBetween>
          <Links name={name} mayChange={mayChange} />
        </ColumnLayout>
      </SpaceBetween>
    </Container>
  );
}

function Links({ name, mayChange }: { name: string; mayChange: boolean }) {
  const t = useWords(words);
  const language = useLanguage();
  const { tell } = useNotices();
  const path = `/tayori/identity-links/${segment(name)}`;
  const [days, setDays] = useState("30");
  const [made, setMade] = useState<ShareLink | null>(null);
  const known = useCall((signal) => tayori<{ links: ShareLink[] }>("GET", path, undefined, signal), [path]);
  const isRight = /^\d{1,3}$/.test(days) && Number(days) >= 1 && Number(days) <= 366;
  const make = useAction(async () => {
    setMade(await tayori<ShareLink>("POST", path, { days: Number(days) }));
    await known.reload();
  });
  const revoke = useAction(async (id: string) => {
    await tayori("DELETE", withQuery(path, { id }));
    if (made?.id === id) setMade(null);
    tell("success", t.revoked);
    await known.reload();
  });
  const links = known.value?.links ?? [];
  return (
    <SpaceBetween size="m">
      <Failure failure={make.failure ?? revoke.failure ?? known.failure} />
      <FormField label={`${t.share}: ${t.shareDays}`} errorText={isRight ? "" : t.shareFault}>
        <Input value={days} inputMode="numeric" onChange={({ detail }) => setDays(detail.value)} />
      </FormField>
      <Button
        loading={make.isRunning}
        disabled={!mayChange || !isRight}
        disabledReason={mayChange ? t.shareFault : t.noRole}
        onClick={() => void make.run()}
      >
        {t.makeLink}
      </Button>
      {made?.url && (
        <Alert type="success">
          <p>{t.linkMade}</p>
          <div style={{ overflowWrap: "anywhere" }}>
            <CopyText text={made.url} name={t.share} />
          </div>
        </Alert>
      )}
      {links.length === 0 && <div>{t.noLinks}</div>}
      {links.map((one) => {
        const when = timeIn(language, one.expires_at);
        return (
          <SpaceBetween key={one.id} direction="horizontal" size="xs" alignItems="center">
            <span>{t.until(when)}</span>
            <Button
              variant="inline-link"
              ariaLabel={t.revokeOf(when)}
              disabled={!mayChange}
              onClick={() => void revoke.run(one.id)}
            >
              {t.revoke}
            </Button>
          </SpaceBetween>
        );
      })}
    </SpaceBetween>
  );
}
