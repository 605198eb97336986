import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tabs from "@cloudscape-design/components/tabs";
import { useEffect, useRef, useState } from "react";
import { useParams } from "react-router";
import { call } from "../../api/client";
import { useNotices } from "../../frame/notices";
import { Page } from "../../frame/page";
import { segment, useAddressed, useGo, usePlace, useRole } from "../../frame/place";
import { useWords } from "../../frame/words";
import { CopyText } from "../../parts/CopyText";
import { Destroy } from "../../parts/Destroy";
import { Failure } from "../../parts/Failure";
import { TimeText } from "../../parts/TimeText";
import { useCall } from "../../parts/useCall";
import { Activity } from "./Activity";
import { Authentication } from "./Authentication";
import { Help } from "./help";
import { Notifications } from "./Notifications";
import { Policies } from "./Policies";
import { DefaultSet, TagTable } from "./Settings";
import { Status } from "./Status";
import { words } from "./words";

const help = <Help of="detail" />;
const LIVE_SECONDS = 3; // a row of ours, no question to the DNS

export function Component() {
  const { name = "" } = useParams();
  const t = useWords(words);
  const go = useGo();
  const { tell } = useNotices();
  const { account, region } = usePlace();
  const { may } = useRole();
  const mayChange = may("administrator");
  const [tab, setTab] = useAddressed("tab", "authentication");
  const [isDeleting, setDeleting] = useState(false);
  const found = useCall((signal) => call("GetEmailIdentity", { EmailIdentity: name }, signal), [name], {
    every: LIVE_SECONDS,
  });
  const identity = found.value;
  const status = identity?.VerificationStatus;
  const before = useRef(status);
  useEffect(() => {
    if (before.current && before.current !== "SUCCESS" && status === "SUCCESS")
      tell("success", t.becameVerified(name), { id: `verified-${name}` });
    before.current = status;
  }, [status, name, tell, t]);
  const arn = `arn:aws:ses:${region}:${account}:identity/${name}`;
  const isDomain = !name.includes("@");
  const info = identity?.VerificationInfo;
  const given = { name, identity: identity ?? {}, mayChange, reload: found.reload };
  return (
    <Page
      title={name}
      above={[{ text: t.title, to: "identities" }]}
      help={help}
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <Button disabled={!mayChange || !identity} disabledReason={t.noRole} onClick={() => setDeleting(true)}>
            {t.remove}
          </Button>
          <Button
            variant="primary"
            disabled={!may("sender") || !identity}
            disabledReason={t.noRole}
            onClick={() => go(`identities/${segment(name)}/send-test`)}
          >
            {t.sendTest}
          </Button>
        </SpaceBetween>
      }
    >
      <SpaceBetween size="l">
        {!identity && <Failure failure={found.failure} retry={found.reload} />}
        <Container header={<Header variant="h2">{t.summary}</Header>}>
          <KeyValuePairs
            columns={3}
            minColumnWidth={200}
            items={[
              { label: t.status, value: identity ? <Status of={status} /> : "-" },
              { label: t.type, value: isDomain ? t.domain : t.address },
              { label: t.arn, value: <CopyText text={arn} name={t.arn} /> },
              { label: t.lastChecked, value: <TimeText at={info?.LastCheckedTimestamp} /> },
              { label: t.dkim, value: identity ? <Status of={identity.DkimAttributes?.Status} proof /> : "-" },
              {
                label: t.mailFrom,
                value: identity ? <Status of={identity.MailFromAttributes?.MailFromDomainStatus} proof /> : "-",
              },
            ]}
          />
        </Container>
        {identity && (
          <Tabs
            activeTabId={tab}
            ariaLabel={name}
            onChange={({ detail }) => setTab(detail.activeTabId)}
            tabs={[
              { id: "authentication", label: t.tabAuthentication, content: <Authentication {...given} /> },
              { id: "notifications", label: t.tabNotifications, content: <Notifications {...given} /> },
              { id: "policies", label: t.tabPolicies, content: <Policies {...given} arn={arn} /> },
              { id: "set", label: t.tabSet, content: <DefaultSet {...given} /> },
              { id: "tags", label: t.tabTags, content: <TagTable {...given} arn={arn} /> },
              { id: "activity", label: t.tabActivity, content: <Activity name={name} /> },
            ].map((one) => ({ ...one, content: tab === one.id ? one.content : null }))}
          />
        )}
      </SpaceBetween>
      <Destroy
        visible={isDeleting}
        title={t.removeTitle}
        verb={t.remove}
        names={[name]}
        act={() => call("DeleteEmailIdentity", { EmailIdentity: name })}
        onClose={(done) => {
          setDeleting(false);
          if (!done) return;
          tell("success", t.removed(name));
          go("identities");
        }}
      >
        {t.removeText}
      </Destroy>
    </Page>
  );
}
