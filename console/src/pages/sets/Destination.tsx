import Badge from "@cloudscape-design/components/badge";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import { useState } from "react";
import { useParams } from "react-router";
import { ApiFailure, call } from "../../api/client";
import type { EventDestination } from "../../api/sesv2";
import { useNotices } from "../../frame/notices";
import { Page } from "../../frame/page";
import { GoLink, segment, useAddressed, useGo, usePlace, useRole } from "../../frame/place";
import { useWords } from "../../frame/words";
import { Destroy } from "../../parts/Destroy";
import { Failure } from "../../parts/Failure";
import { useAction } from "../../parts/useAction";
import { useCall } from "../../parts/useCall";
import { DeliveryLog } from "../topics/Deliveries";
import { DestinationForm } from "./DestinationForm";
import { Help } from "./help";
import { OnOff } from "./shown";
import { Trial } from "./Trial";
import { draftOf, kindName, kindOf, targetOf, update } from "./targets";
import { words } from "./words";

const help = <Help of="events" />;

export function Component() {
  const t = useWords(words);
  const { name: set = "", destination: name = "" } = useParams();
  const { account, region } = usePlace();
  const { tell } = useNotices();
  const go = useGo();
  const mayChange = useRole().may("administrator");
  const [mode, setMode] = useAddressed("mode");
  const [isDeleting, setDeleting] = useState(false);
  const home = `configuration-sets/${segment(set)}`;
  const found = useCall(
    async (signal) => {
      const all = await call("GetConfigurationSetEventDestinations", { ConfigurationSetName: set }, signal);
      const one = all.EventDestinations?.find((each) => each.Name === name);
      if (!one) throw new ApiFailure("NotFoundException", `${set}/${name}`, 404);
      return one;
    },
    [set, name],
  );
  const one = found.value;
  const toggle = useAction(async () => {
    await update(set, { ...draftOf(one!, account, region), enabled: !one!.Enabled });
    tell("success", t.saved);
    await found.reload();
  });
  const isEditing = mode === "edit" && mayChange;
  const change = { disabled: !mayChange || !one, disabledReason: mayChange ? undefined : t.noRole };
  return (
    <Page
      title={name}
      above={[
        { text: t.title, to: "configuration-sets" },
        { text: set, to: `${home}?tab=destinations` },
      ]}
      help={help}
      actions={
        isEditing ? undefined : (
          <SpaceBetween direction="horizontal" size="xs">
            <Button {...change} loading={toggle.isRunning} onClick={() => void toggle.run()}>
              {one && !one.Enabled ? t.switchOn : t.switchOff}
            </Button>
            <Button {...change} onClick={() => setDeleting(true)}>
              {t.remove}
            </Button>
            <Button {...change} onClick={() => setMode("edit")}>
              {t.edit}
            </Button>
          </SpaceBetween>
        )
      }
    >
      <SpaceBetween size="l">
        <Failure failure={found.failure} retry={found.reload} />
        <Failure failure={toggle.failure} onDismiss={toggle.clear} />
        {!one && !found.failure && (
          <Container>
            <Spinner />
          </Container>
        )}
        {one && isEditing && (
          <DestinationForm
            first={draftOf(one, account, region)}
            isNew={false}
            verb={t.save}
            onCancel={() => setMode("")}
            save={async (draft) => {
              await update(set, draft);
              await found.reload();
              tell("success", t.saved);
              setMode("");
            }}
          />
        )}
        {one && !isEditing && <Overview set={set} one={one} />}
      </SpaceBetween>
      <Destroy
        visible={isDeleting}
        title={t.removeDestinationTitle}
        verb={t.remove}
        names={[`${set} / ${name}`]}
        act={() =>
          call("DeleteConfigurationSetEventDestination", { ConfigurationSetName: set, EventDestinationName: name })
        }
        onClose={(done) => {
          setDeleting(false);
          if (done) {
            tell("success", t.removed(name));
            go(`${home}?tab=destinations`);
          }
        }}
      >
        {t.removeDestinationText}
      </Destroy>
    </Page>
  );
}

function Overview({ set, one }: { set: string; one: EventDestination }) {
  const t = useWords(words);
  const kind = kindOf(one);
  const topic = one.SnsDestination?.TopicArn;
  const { account } = usePlace();
  const isOwn = topic?.split(":")[4] === account;
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">{t.summary}</Header>}>
        <KeyValuePairs
          columns={3}
          minColumnWidth={200}
          items={[
            { label: t.kind, value: kindName(kind) },
            {
              label: t.target,
              value: topic && isOwn ? <GoLink to={`topics/${segment(topic)}`}>{topic}</GoLink> : targetOf(one),
            },
            { label: t.status, value: <OnOff on={one.Enabled ?? false} t={t} /> },
            {
              label: t.eventTypes,
              value: (
                <SpaceBetween direction="horizontal" size="xxs">
                  {one.MatchingEventTypes.map((type) => (
                    <Badge key={type}>{t[type]}</Badge>
                  ))}
                </SpaceBetween>
              ),
            },
          ]}
        />
      </Container>
      <Trial set={set} one={one} />
      {(kind === "eventbridge" || kind === "firehose") && <DeliveryLog destination={`${set}/${one.Name}`} />}
    </SpaceBetween>
  );
}
