/* One template: its parts and test data in editors, what is wrong at its line, and what it comes out as. */

import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Grid from "@cloudscape-design/components/grid";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Tabs from "@cloudscape-design/components/tabs";
import { useEffect, useRef, useState } from "react";
import { useParams, useSearchParams } from "react-router";
import { call, tayori } from "../../api/client";
import { useNotices } from "../../frame/notices";
import { Page } from "../../frame/page";
import { segment, useAddressed, useGo, usePlace, useRole } from "../../frame/place";
import { useWords } from "../../frame/words";
import { Destroy } from "../../parts/Destroy";
import { Failure } from "../../parts/Failure";
import { useAction } from "../../parts/useAction";
import { useCall } from "../../parts/useCall";
import { Editor, type EditorHandle, type Fault } from "./Editor";
import { Help } from "./help";
import { type Parts, Preview } from "./Preview";
import { TestSend } from "./TestSend";
import { words } from "./words";

const help = <Help />;
const FIRST: Required<Parts> = {
  subject: "Hello, {{name}}",
  html: "<h1>Hello, {{name}}</h1>\n",
  text: "Hello, {{name}}\n",
};
const FIRST_DATA = '{\n  "name": "Hanako"\n}\n';
const PAUSE = 350; // milliseconds without a key, before the service is asked

export function Component() {
  const { name = "" } = useParams();
  const [search] = useSearchParams();
  const of = name || search.get("copy") || "";
  const found = useCall(
    async (signal) => (await call("GetEmailTemplate", { TemplateName: of }, signal)).TemplateContent,
    [of],
    { when: Boolean(of) },
  );
  const t = useWords(words);
  const content = found.value;
  if (of && !content)
    return (
      <Page title={name || t.create} above={[{ text: t.title, to: "templates" }]} help={help}>
        {found.failure ? (
          <Failure failure={found.failure} retry={found.reload} />
        ) : (
          <StatusIndicator type="loading">{t.loading}</StatusIndicator>
        )}
      </Page>
    );
  const first = content
    ? { subject: content.Subject ?? "", html: content.Html ?? "", text: content.Text ?? "" }
    : FIRST;
  return <Desk key={of} name={name} first={first} copiedFrom={name ? "" : of} />;
}

function keptData(key: string): string {
  try {
    return sessionStorage.getItem(key) ?? FIRST_DATA;
  } catch {
    return FIRST_DATA;
  }
}

function Desk({ name, first, copiedFrom }: { name: string; first: Required<Parts>; copiedFrom: string }) {
  const t = useWords(words);
  const go = useGo();
  const { tell } = useNotices();
  const role = useRole();
  const { account, region } = usePlace();
  const mayChange = role.may("administrator");
  const [newName, setNewName] = useState(copiedFrom ? `${copiedFrom.slice(0, 59)}-copy` : "");
  const [parts, setParts] = useState(first);
  const key = `tayori.data/${account}/${region}/${name || copiedFrom}`;
  const [data, setData] = useState(() => keptData(key));
  const [part, setPart] = useAddressed("part", "html");
  const [isChecked, setChecked] = useState(false);
  const [isSending, setSending] = useState(false);
  const [isDeleting, setDeleting] = useState(false);
  const editor = useRef<EditorHandle>(null);
  const [jump, setJump] = useState<Fault | null>(null);
  const tried = useTried(parts, data);
  const nameFault = name || /^[A-Za-z0-9_-]{1,64}$/.test(newName) ? "" : t.nameFault;

  useEffect(() => {
    try {
      sessionStorage.setItem(key, data);
    } catch {} // a browser that keeps nothing
  }, [key, data]);
  useEffect(() => {
    if (!jump) return;
    editor.current?.goTo(jump.line, jump.column);
    setJump(null);
  }, [jump]);

  const saving = useAction(async () => {
    const TemplateContent = { Subject: parts.subject, Text: parts.text, Html: parts.html };
    if (name) await call("UpdateEmailTemplate", { TemplateName: name, TemplateContent });
    else await call("CreateEmailTemplate", { TemplateName: newName, TemplateContent });
  });
  const save = async () => {
    setChecked(true);
    if (nameFault || !(await saving.run())) return;
    tell("success", t.saved(name || newName));
    if (!name) {
      try {
        sessionStorage.setItem(`tayori.data/${account}/${region}/${newName}`, data);
      } catch {}
      go(`templates/${segment(newName)}`);
    }
  };
  const names: Record<string, string> = { subject: t.subject, html: t.html, text: t.text, data: t.data };
  const faultsOf = (of: string) => tried.errors.filter((one) => one.part === of);
  const show = (fault: Fault) => {
    if (fault.part in names && fault.part !== "subject") setPart(fault.part);
    if (fault.line) setJump(fault);
  };
  const label = (of: string) => (faultsOf(of).length ? `${names[of]} (${t.errors(faultsOf(of).length)})` : names[of]);
  const saveButton = (
    <Button
      variant="primary"
      disabled={!mayChange}
      disabledReason={t.noRole}
      loading={saving.isRunning}
      onClick={() => void save()}
    >
      {name ? t.save : t.create}
    </Button>
  );
  return (
    <Page
      title={name || t.create}
      above={[{ text: t.title, to: "templates" }]}
      help={help}
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          {name && (
            <Button disabled={!mayChange} disabledReason={t.noRole} onClick={() => setDeleting(true)}>
              {t.remove}
            </Button>
          )}
          {name && (
            <Button
              disabled={!mayChange}
              disabledReason={t.noRole}
              onClick={() => go(`templates/-/create?copy=${segment(name)}`)}
            >
              {t.duplicate}
            </Button>
          )}
          <Button
            disabled={!role.may("sender") || tried.errors.length > 0}
            disabledReason={role.may("sender") ? t.mend : t.noSend}
            onClick={() => setSending(true)}
          >
            {t.testSend}
          </Button>
          {saveButton}
        </SpaceBetween>
      }
    >
      <SpaceBetween size="l">
        <Failure failure={saving.failure} />
        <Failure failure={tried.failure} />
        <Grid gridDefinition={[{ colspan: { default: 12, m: 6 } }, { colspan: { default: 12, m: 6 } }]}>
          <Container header={<Header variant="h2">{t.content}</Header>}>
            <SpaceBetween size="m">
              {!name && (
                <FormField label={t.templateName} constraintText={t.nameHint} errorText={isChecked ? nameFault : ""}>
                  <Input value={newName} onChange={({ detail }) => setNewName(detail.value)} />
                </FormField>
              )}
              <FormField
                label={t.subject}
                errorText={faultsOf("subject")
                  .map((one) => one.message)
                  .join(" ")}
              >
                <Input value={parts.subject} onChange={({ detail }) => setParts({ ...parts, subject: detail.value })} />
              </FormField>
              <Tabs
                activeTabId={part}
                onChange={({ detail }) => setPart(detail.activeTabId)}
                ariaLabel={t.content}
                tabs={(["html", "text", "data"] as const).map((id) => ({
                  id,
                  label: label(id),
                  content: id === part && (
                    <SpaceBetween size="xs">
                      <Editor
                        ref={editor}
                        label={id === "data" ? t.data : t.editor(names[id] ?? "")}
                        value={id === "data" ? data : parts[id]}
                        faults={faultsOf(id)}
                        describedBy="template-faults"
                        onChange={(value) => (id === "data" ? setData(value) : setParts({ ...parts, [id]: value }))}
                      />
                      {id === "data" && (
                        <Box variant="small" color="text-body-secondary">
                          {t.dataHint}
                        </Box>
                      )}
                    </SpaceBetween>
                  ),
                }))}
              />
              <div id="template-faults" aria-live="polite">
                {tried.errors.length === 0 ? (
                  <StatusIndicator type={tried.isChecking ? "loading" : "success"}>
                    {tried.isChecking ? t.checking : t.noErrors}
                  </StatusIndicator>
                ) : (
                  <Alert type="error" header={t.errors(tried.errors.length)}>
                    <SpaceBetween size="xs">
                      {tried.errors.map((one, at) => (
                        <div key={`${one.part}/${at}`}>
                          <Button variant="inline-link" onClick={() => show(one)}>
                            {one.line
                              ? t.at(names[one.part] ?? t.whole, one.line, one.column)
                              : (names[one.part] ?? t.whole)}
                          </Button>
                          <div lang="en">{one.message}</div>
                        </div>
                      ))}
                    </SpaceBetween>
                  </Alert>
                )}
              </div>
            </SpaceBetween>
          </Container>
          <Container header={<Header variant="h2">{t.preview}</Header>}>
            <Preview parts={tried.parts} isStale={tried.errors.length > 0} />
          </Container>
        </Grid>
      </SpaceBetween>
      {isSending && <TestSend parts={tried.parts} onClose={() => setSending(false)} />}
      <Destroy
        visible={isDeleting}
        title={t.removeTitle}
        verb={t.remove}
        names={[name]}
        act={() => call("DeleteEmailTemplate", { TemplateName: name })}
        onClose={(done) => {
          setDeleting(false);
          if (!done) return;
          tell("success", t.removed(name));
          go("templates");
        }}
      >
        {t.removeText}
      </Destroy>
    </Page>
  );
}

interface Tried {
  parts: Parts;
  errors: Fault[];
  failure: unknown;
  isChecking: boolean;
}

/** Renders while one writes. The parts that came out well before stay in sight while there are errors. */
function useTried(parts: Required<Parts>, data: string): Tried {
  const [tried, setTried] = useState<Tried>({ parts: {}, errors: [], failure: null, isChecking: true });
  useEffect(() => {
    const controller = new AbortController();
    setTried((known) => ({ ...known, isChecking: true }));
    const ask = async () => {
      try {
        const found = await tayori<{ parts: Parts; errors: Fault[] }>(
          "POST",
          "/tayori/templates/render",
          { ...parts, data },
          controller.signal,
        );
        setTried((known) => ({
          parts: { ...known.parts, ...found.parts },
          errors: found.errors,
          failure: null,
          isChecking: false,
        }));
      } catch (failure) {
        if (!controller.signal.aborted) setTried((known) => ({ ...known, failure, isChecking: false }));
      }
    };
    const timer = setTimeout(() => void ask(), PAUSE);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [parts, data]);
  return tried;
}
