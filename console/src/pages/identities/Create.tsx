import Checkbox from "@cloudscape-design/components/checkbox";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tiles from "@cloudscape-design/components/tiles";
import Wizard from "@cloudscape-design/components/wizard";
import { type ReactNode, useState } from "react";
import { call } from "../../api/client";
import type { Tag } from "../../api/sesv2";
import { useNotices } from "../../frame/notices";
import { Page } from "../../frame/page";
import { segment, useAddressed, useGo } from "../../frame/place";
import { useLanguage, useWords } from "../../frame/words";
import { Failure, sentenceOf } from "../../parts/Failure";
import { addressFault, domainFault } from "../../parts/limit";
import { useAction } from "../../parts/useAction";
import {
  attributesOf,
  DkimFields,
  dkimFaults,
  EASY,
  type MailFrom,
  MailFromFields,
  mailFromFault,
  SetChoice,
  TagFields,
  tagFault,
} from "./fields";
import { Help } from "./help";
import { words } from "./words";

const help = <Help of="list" />;

export function Component() {
  const t = useWords(words);
  const language = useLanguage();
  const go = useGo();
  const { tell } = useNotices();
  const [kind, setKind] = useAddressed("kind", "domain");
  const [addressed, setStep] = useAddressed("step", "0");
  const [typed, setName] = useState("");
  const [dkim, setDkim] = useState(EASY);
  const [hasMailFrom, setHasMailFrom] = useState(false);
  const [mailFrom, setMailFrom] = useState<MailFrom>({ domain: "", behavior: "USE_DEFAULT_VALUE" });
  const [set, setSet] = useState("");
  const [tags, setTags] = useState<Tag[]>([]);
  const [isTold, setTold] = useState(false);
  const name = typed.trim();
  const isDomain = kind === "domain";
  const nameFault = isDomain ? domainFault(name, language) : addressFault(name, language);
  const ofDkim = dkimFaults(dkim, t);
  const ofMailFrom = hasMailFrom ? mailFromFault(mailFrom.domain, isDomain ? name : (name.split("@")[1] ?? ""), t) : "";
  const ofTags = tagFault(tags, t);
  const create = useAction(async () => {
    const made = {
      EmailIdentity: name,
      ...(isDomain && { DkimSigningAttributes: attributesOf(dkim) }),
      ...(set && { ConfigurationSetName: set }),
      ...(tags.length && { Tags: tags.map((one) => ({ Key: one.Key.trim(), Value: one.Value })) }),
    };
    await call("CreateEmailIdentity", made);
    tell("success", t.madeIdentity(name));
    if (hasMailFrom)
      await call("PutEmailIdentityMailFromAttributes", {
        EmailIdentity: name,
        MailFromDomain: mailFrom.domain.trim(),
        BehaviorOnMxFailure: mailFrom.behavior,
      }).catch(async (error) => tell("warning", t.mailFromLater(await sentenceOf(error, language))));
    go(`identities/${segment(name.toLowerCase().includes("@") ? name : name.toLowerCase())}`);
  });

  const steps: { title: string; wrong: boolean; content: ReactNode }[] = [
    {
      title: t.stepIdentity,
      wrong: Boolean(nameFault),
      content: (
        <Container header={<Header variant="h2">{t.identity}</Header>}>
          <SpaceBetween size="l">
            <FormField label={t.type} stretch>
              <Tiles
                ariaLabel={t.type}
                value={kind}
                onChange={({ detail }) => setKind(detail.value)}
                items={[
                  { value: "domain", label: t.domain, description: t.domainText },
                  { value: "address", label: t.address, description: t.addressText },
                ]}
              />
            </FormField>
            <FormField
              label={isDomain ? t.domain : t.address}
              constraintText={isDomain ? t.domainHint : t.addressHint}
              errorText={isTold ? nameFault : ""}
            >
              <Input
                value={typed}
                spellcheck={false}
                inputMode={isDomain ? "url" : "email"}
                onChange={({ detail }) => setName(detail.value)}
              />
            </FormField>
          </SpaceBetween>
        </Container>
      ),
    },
    ...(isDomain
      ? [
          {
            title: t.stepDkim,
            wrong: Object.values(ofDkim).some(Boolean),
            content: (
              <Container header={<Header variant="h2">{t.dkimTitle}</Header>}>
                <DkimFields
                  given={dkim}
                  faults={isTold ? ofDkim : null}
                  change={(to) => setDkim((known) => ({ ...known, ...to }))}
                />
              </Container>
            ),
          },
        ]
      : []),
    {
      title: t.stepMailFrom,
      wrong: Boolean(ofMailFrom),
      content: (
        <Container header={<Header variant="h2">{t.mailFromTitle}</Header>}>
          <SpaceBetween size="l">
            <Checkbox
              checked={hasMailFrom}
              description={t.useMailFromText}
              onChange={({ detail }) => setHasMailFrom(detail.checked)}
            >
              {t.useMailFrom}
            </Checkbox>
            {hasMailFrom && (
              <MailFromFields
                given={mailFrom}
                domain={isDomain ? name : (name.split("@")[1] ?? "")}
                fault={isTold ? ofMailFrom : ""}
                change={(to) => setMailFrom((known) => ({ ...known, ...to }))}
              />
            )}
          </SpaceBetween>
        </Container>
      ),
    },
    {
      title: t.stepOther,
      wrong: Boolean(ofTags),
      content: (
        <SpaceBetween size="l">
          <Container header={<Header variant="h2">{t.configurationSet}</Header>}>
            <SetChoice given={set} change={setSet} />
          </Container>
          <Container header={<Header variant="h2">{t.tags}</Header>}>
            <TagFields tags={tags} fault={isTold ? ofTags : ""} change={setTags} />
          </Container>
        </SpaceBetween>
      ),
    },
    {
      title: t.stepReview,
      wrong: false,
      content: (
        <SpaceBetween size="l">
          <Container header={<Header variant="h2">{t.summary}</Header>}>
            <KeyValuePairs
              columns={2}
              items={[
                { label: t.identity, value: name || "-" },
                { label: t.type, value: isDomain ? t.domain : t.address },
                ...(isDomain ? [{ label: t.kindOfDkim, value: dkim.way === "byo" ? t.byo : t[dkim.way] }] : []),
                ...(isDomain && dkim.way === "easy" ? [{ label: t.keyLength, value: t[dkim.length] }] : []),
                ...(isDomain && dkim.way === "byo" ? [{ label: t.selector, value: dkim.selector }] : []),
                ...(isDomain && dkim.way === "deed" ? [{ label: t.parentRegion, value: dkim.parent }] : []),
                { label: t.mailFromDomain, value: hasMailFrom ? mailFrom.domain : t.unset },
                ...(hasMailFrom ? [{ label: t.mxFailure, value: t[mailFrom.behavior] }] : []),
                { label: t.configurationSet, value: set || t.noSet },
                {
                  label: t.tags,
                  value: tags.length ? tags.map((one) => `${one.Key}=${one.Value}`).join(", ") : t.noTags,
                },
              ]}
            />
          </Container>
          <Failure failure={create.failure} />
        </SpaceBetween>
      ),
    },
  ];
  // What was typed is gone after a reload, the address is not: then one starts again.
  const step = name ? Math.min(steps.length - 1, Math.max(0, Number(addressed) || 0)) : 0;
  const to = (wanted: number) => {
    const first = steps.findIndex((one, at) => one.wrong && at < wanted);
    setTold(first >= 0);
    setStep(String(first >= 0 ? first : wanted));
  };
  return (
    <Page title={t.createTitle} above={[{ text: t.title, to: "identities" }]} help={help} hasOwnHeading>
      <Wizard
        activeStepIndex={step}
        isLoadingNextStep={create.isRunning}
        submitButtonText={t.create}
        onNavigate={({ detail }) => to(detail.requestedStepIndex)}
        onCancel={() => go("identities")}
        onSubmit={() => void create.run()}
        steps={steps.map(({ title, content }) => ({ title, content }))}
      />
    </Page>
  );
}
