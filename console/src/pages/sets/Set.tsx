import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Form from "@cloudscape-design/components/form";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import Tabs from "@cloudscape-design/components/tabs";
import { type ReactNode, useState } from "react";
import { useParams } from "react-router";
import { call } from "../../api/client";
import type { GetConfigurationSetResponse } from "../../api/sesv2";
import { useNotices } from "../../frame/notices";
import { Page } from "../../frame/page";
import { useAddressed, useGo, usePlace, useRole } from "../../frame/place";
import { useWords } from "../../frame/words";
import { Destroy } from "../../parts/Destroy";
import { Failure } from "../../parts/Failure";
import { TimeText } from "../../parts/TimeText";
import { useAction } from "../../parts/useAction";
import { useCall } from "../../parts/useCall";
import { Destinations } from "./Destinations";
import { Fields, Tags } from "./forms";
import { Help } from "./help";
import { type Fault, faultsOf, type Group, type Options, optionsOf, put } from "./options";
import { GROUPS, Shown, titleOf } from "./shown";
import { words } from "./words";

const setHelp = <Help of="delivery" />;
const eventHelp = <Help of="events" />;

export function Component() {
  const t = useWords(words);
  const { name = "" } = useParams();
  const go = useGo();
  const { tell } = useNotices();
  const mayChange = useRole().may("administrator");
  const [tab, setTab] = useAddressed("tab", "overview");
  const [isDeleting, setDeleting] = useState(false);
  const set = useCall((signal) => call("GetConfigurationSet", { ConfigurationSetName: name }, signal), [name]);
  const given = set.value ? optionsOf(set.value) : null;
  const toggle = useAction(async () => {
    const sending = !given!.sending;
    await put("sending", name, { ...given!, sending });
    tell("success", sending ? t.enabledNow : t.disabledNow);
    await set.reload();
  });
  const actions = (
    <SpaceBetween direction="horizontal" size="xs">
      <Button
        disabled={!mayChange || !given}
        disabledReason={mayChange ? undefined : t.noRole}
        loading={toggle.isRunning}
        onClick={() => void toggle.run()}
      >
        {(given?.sending ?? true) ? t.disable : t.enable}
      </Button>
      <Button
        disabled={!mayChange || !given}
        disabledReason={mayChange ? undefined : t.noRole}
        onClick={() => setDeleting(true)}
      >
        {t.remove}
      </Button>
    </SpaceBetween>
  );
  return (
    <Page
      title={name}
      above={[{ text: t.title, to: "configuration-sets" }]}
      actions={actions}
      help={tab === "destinations" ? eventHelp : setHelp}
    >
      <SpaceBetween size="l">
        <Failure failure={set.failure} retry={set.reload} />
        <Failure failure={toggle.failure} onDismiss={toggle.clear} />
        {(given || !set.failure) && (
          <Tabs
            activeTabId={tab}
            onChange={({ detail }) => setTab(detail.activeTabId)}
            tabs={[
              {
                id: "overview",
                label: t.overview,
                content: given ? (
                  <Overview key={name} name={name} set={set.value!} reload={set.reload} />
                ) : (
                  <Container>
                    <Spinner />
                  </Container>
                ),
              },
              {
                id: "destinations",
                label: t.destinations,
                content: <Destinations set={name} />,
              },
              {
                id: "tags",
                label: t.tags,
                content: given && <TagGroup name={name} given={given} reload={set.reload} />,
              },
            ]}
          />
        )}
      </SpaceBetween>
      <Destroy
        visible={isDeleting}
        title={t.removeTitle}
        verb={t.remove}
        names={[name]}
        act={() => call("DeleteConfigurationSet", { ConfigurationSetName: name })}
        onClose={(done) => {
          setDeleting(false);
          if (done) {
            tell("success", t.removed(name));
            go("configuration-sets");
          }
        }}
      >
        {t.removeText}
      </Destroy>
    </Page>
  );
}

interface OverviewProps {
  name: string;
  set: GetConfigurationSetResponse;
  reload: () => Promise<void>;
}

function Overview({ name, set, reload }: OverviewProps) {
  const t = useWords(words);
  const given = optionsOf(set);
  const fresh = set.ReputationOptions?.LastFreshStart;
  const more = (group: Group) =>
    group === "reputation" && fresh ? [{ label: t.freshStart, value: <TimeText at={fresh} /> }] : [];
  return (
    <SpaceBetween size="l">
      {GROUPS.map((group) => (
        <Changeable
          key={group}
          title={titleOf(group, t)}
          given={given}
          save={async (options) => {
            await put(group, name, options);
            await reload();
          }}
          shown={<Shown group={group} given={given} more={more(group)} />}
          fields={(props) => <Fields group={group} {...props} />}
        />
      ))}
      <Container header={<Header variant="h2">{t.archiving}</Header>}>
        <KeyValuePairs
          columns={3}
          minColumnWidth={200}
          items={[
            { label: t.status, value: t.notOffered, info: undefined },
            ...(set.ArchivingOptions?.ArchiveArn
              ? [{ label: t.archiveArn, value: set.ArchivingOptions.ArchiveArn }]
              : []),
          ]}
        />
        <p>{t.archivingText}</p>
      </Container>
    </SpaceBetween>
  );
}

interface ChangeableProps {
  title: string;
  given: Options;
  save: (options: Options) => Promise<void>;
  shown: ReactNode;
  fields: (props: { given: Options; change: (some: Partial<Options>) => void; fault: Fault }) => ReactNode;
}

/** A group that is read until one edits it, by itself. */
function Changeable({ title, given, save, shown, fields }: ChangeableProps) {
  const t = useWords(words);
  const { tell } = useNotices();
  const mayChange = useRole().may("administrator");
  const [draft, setDraft] = useState<Options | null>(null);
  const [isTold, setTold] = useState(false);
  const faults = draft ? faultsOf(draft, t) : {};
  const saving = useAction(async () => {
    await save(draft!);
    setDraft(null);
    tell("success", t.saved);
  });
  if (!draft)
    return (
      <Container
        header={
          <Header
            variant="h2"
            actions={
              <Button
                ariaLabel={t.editOf(title)}
                disabled={!mayChange}
                disabledReason={t.noRole}
                onClick={() => {
                  setTold(false);
                  saving.clear();
                  setDraft(given);
                }}
              >
                {t.edit}
              </Button>
            }
          >
            {title}
          </Header>
        }
      >
        {shown}
      </Container>
    );
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setTold(true);
        if (Object.keys(faults).length === 0) void saving.run();
      }}
    >
      <Container header={<Header variant="h2">{title}</Header>}>
        <Form
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Button formAction="none" variant="link" onClick={() => setDraft(null)}>
                {t.cancel}
              </Button>
              <Button variant="primary" loading={saving.isRunning}>
                {t.save}
              </Button>
            </SpaceBetween>
          }
        >
          <SpaceBetween size="m">
            {fields({
              given: draft,
              change: (some) => setDraft((known) => known && { ...known, ...some }),
              fault: isTold ? faults : {},
            })}
            <Failure failure={saving.failure} />
          </SpaceBetween>
        </Form>
      </Container>
    </form>
  );
}

function TagGroup({ name, given, reload }: { name: string; given: Options; reload: () => Promise<void> }) {
  const t = useWords(words);
  const { account, region } = usePlace();
  const arn = `arn:aws:ses:${region}:${account}:configuration-set/${name}`;
  const save = async (options: Options) => {
    const kept = new Set(options.tags.map((one) => one.Key));
    const gone = given.tags.map((one) => one.Key).filter((key) => !kept.has(key));
    if (gone.length) await call("UntagResource", { ResourceArn: arn, TagKeys: gone });
    if (options.tags.length) await call("TagResource", { ResourceArn: arn, Tags: options.tags });
    await reload();
  };
  return (
    <Changeable
      title={t.tags}
      given={given}
      save={save}
      shown={
        given.tags.length ? (
          <KeyValuePairs
            columns={3}
            minColumnWidth={200}
            items={given.tags.map((one) => ({ label: one.Key, value: one.Value || "-" }))}
          />
        ) : (
          t.noTags
        )
      }
      fields={(props) => <Tags {...props} />}
    />
  );
}
