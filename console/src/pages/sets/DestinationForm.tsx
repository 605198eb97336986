/* The fields of an event destination: new, or one that is changed (then its name and kind stay). */

import Alert from "@cloudscape-design/components/alert";
import AttributeEditor from "@cloudscape-design/components/attribute-editor";
import Button from "@cloudscape-design/components/button";
import Checkbox from "@cloudscape-design/components/checkbox";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import Container from "@cloudscape-design/components/container";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tiles from "@cloudscape-design/components/tiles";
import Toggle from "@cloudscape-design/components/toggle";
import { type ReactNode, useState } from "react";
import type { CloudWatchDimensionConfiguration, DimensionValueSource, EventType } from "../../api/sesv2";
import { GoLink } from "../../frame/place";
import { useSession } from "../../frame/session";
import { useWords } from "../../frame/words";
import { Failure, Told } from "../../parts/Failure";
import { useAction } from "../../parts/useAction";
import { useCall } from "../../parts/useCall";
import { allTopics } from "../topics/attributes";
import {
  type Draft,
  type DraftFault,
  dimensionFault,
  EVENT_TYPES,
  faultsOfDraft,
  fieldOf,
  kindName,
  type TargetKind,
} from "./targets";
import { words } from "./words";

export interface DestinationFormProps {
  first: Draft;
  isNew: boolean;
  verb: string;
  save: (draft: Draft) => Promise<void>;
  onCancel: () => void;
}

interface FieldsProps {
  draft: Draft;
  change: (some: Partial<Draft>) => void;
  fault: Partial<Record<keyof DraftFault, ReactNode>>;
  /** Whether faults are told yet: not before one has tried to send the form. */
  isTold: boolean;
}

export function DestinationForm({ first, isNew, verb, save, onCancel }: DestinationFormProps) {
  const t = useWords(words);
  const session = useSession();
  const [draft, setDraft] = useState(first);
  const [isTold, setTold] = useState(false);
  const faults = faultsOfDraft(draft, t, session.rehearsal);
  const saving = useAction(() => save(draft));
  // What the service refuses stands at the field that it speaks of, where it says so.
  const refused = fieldOf(saving.failure, draft.kind, isNew);
  const props: FieldsProps = {
    draft,
    change: (some) => {
      saving.clear();
      setDraft((known) => ({ ...known, ...some }));
    },
    fault: { ...(refused && { [refused]: <Told failure={saving.failure} /> }), ...(isTold ? faults : {}) },
    isTold,
  };
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setTold(true);
        if (Object.keys(faults).length === 0) void saving.run();
      }}
    >
      <Form
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button formAction="none" variant="link" onClick={onCancel}>
              {t.cancel}
            </Button>
            <Button variant="primary" loading={saving.isRunning}>
              {verb}
            </Button>
          </SpaceBetween>
        }
      >
        <SpaceBetween size="l">
          <Types {...props} />
          <Container header={<Header variant="h2">{t.target}</Header>}>
            <SpaceBetween size="l">
              {isNew && <Kinds {...props} />}
              {isNew && draft.kind !== "webhook" && (
                <FormField label={t.destinationName} constraintText={t.nameHint} errorText={props.fault.name}>
                  <Input
                    value={draft.name}
                    spellcheck={false}
                    onChange={({ detail }) => props.change({ name: detail.value })}
                  />
                </FormField>
              )}
              <Target {...props} />
              {draft.kind !== "webhook" && (
                <FormField label={t.publishing}>
                  <Toggle checked={draft.enabled} onChange={({ detail }) => props.change({ enabled: detail.checked })}>
                    {t.publishingLabel}
                  </Toggle>
                </FormField>
              )}
            </SpaceBetween>
          </Container>
          {!refused && <Failure failure={saving.failure} />}
        </SpaceBetween>
      </Form>
    </form>
  );
}

function Types({ draft, change, fault }: FieldsProps) {
  const t = useWords(words);
  const toggle = (type: EventType, on: boolean) =>
    change({ types: EVENT_TYPES.filter((one) => (one === type ? on : draft.types.includes(one))) });
  return (
    <Container header={<Header variant="h2">{t.eventTypes}</Header>}>
      <FormField errorText={fault.types} stretch>
        <ColumnLayout columns={2} minColumnWidth={240}>
          {EVENT_TYPES.map((type) => (
            <Checkbox
              key={type}
              checked={draft.types.includes(type)}
              description={t[`${type}Text`]}
              onChange={({ detail }) => toggle(type, detail.checked)}
            >
              {t[type]}
            </Checkbox>
          ))}
        </ColumnLayout>
      </FormField>
    </Container>
  );
}

function Kinds({ draft, change }: FieldsProps) {
  const t = useWords(words);
  const about: Record<TargetKind, string> = {
    sns: t.snsText,
    webhook: t.webhookText,
    eventbridge: t.bridgeText,
    firehose: t.firehoseText,
    cloudwatch: t.cloudwatchText,
  };
  return (
    <FormField label={t.kind} stretch>
      <Tiles
        ariaLabel={t.kind}
        columns={3}
        value={draft.kind}
        onChange={({ detail }) => change({ kind: detail.value as TargetKind })}
        items={(Object.keys(about) as TargetKind[]).map((kind) => ({
          value: kind,
          label: kindName(kind),
          description: about[kind],
        }))}
      />
    </FormField>
  );
}

function Target(props: FieldsProps) {
  const t = useWords(words);
  const { draft, change, fault } = props;
  switch (draft.kind) {
    case "sns":
      return <Topic {...props} />;
    case "webhook":
      return (
        <SpaceBetween size="m">
          <FormField label={t.url} errorText={fault.url}>
            <Input
              type="url"
              inputMode="url"
              spellcheck={false}
              value={draft.url}
              placeholder="https://app.example.com/events"
              onChange={({ detail }) => change({ url: detail.value })}
            />
          </FormField>
          <Alert type="info">{t.webhookNote}</Alert>
        </SpaceBetween>
      );
    case "eventbridge":
      return (
        <FormField label={t.busArn} errorText={fault.bus} stretch>
          <Input value={draft.bus} spellcheck={false} onChange={({ detail }) => change({ bus: detail.value })} />
        </FormField>
      );
    case "firehose":
      return (
        <SpaceBetween size="m">
          <FormField label={t.streamArn} errorText={fault.stream} stretch>
            <Input
              value={draft.stream}
              spellcheck={false}
              onChange={({ detail }) => change({ stream: detail.value })}
            />
          </FormField>
          <FormField label={t.roleArn} description={t.roleHint} errorText={fault.role} stretch>
            <Input value={draft.role} spellcheck={false} onChange={({ detail }) => change({ role: detail.value })} />
          </FormField>
        </SpaceBetween>
      );
    case "cloudwatch":
      return <Dimensions {...props} />;
  }
}

function Topic({ draft, change, fault }: FieldsProps) {
  const t = useWords(words);
  const known = useCall(allTopics, []);
  const options = (known.value ?? []).map((arn) => ({
    value: arn,
    label: arn.slice(arn.lastIndexOf(":") + 1),
    description: arn,
  }));
  const chosen = options.find((one) => one.value === draft.topic);
  return (
    <FormField
      label={t.topicArn}
      description={t.topicHint}
      errorText={fault.topic}
      secondaryControl={<GoLink to="topics/-/create">{t.createTopic}</GoLink>}
    >
      <Select
        selectedOption={chosen ?? (draft.topic ? { value: draft.topic, label: draft.topic } : null)}
        options={options}
        placeholder={t.chooseTopic}
        empty={t.noTopics}
        filteringType={options.length > 10 ? "auto" : "none"}
        statusType={known.isLoading && !known.value ? "loading" : "finished"}
        loadingText={t.loading}
        onChange={({ detail }) => change({ topic: detail.selectedOption.value ?? "" })}
      />
    </FormField>
  );
}

function Dimensions({ draft, change, fault, isTold }: FieldsProps) {
  const t = useWords(words);
  const sources: { value: DimensionValueSource; label: string }[] = [
    { value: "MESSAGE_TAG", label: t.messageTag },
    { value: "EMAIL_HEADER", label: t.emailHeader },
    { value: "LINK_TAG", label: t.linkTag },
  ];
  const set = (at: number, to: Partial<CloudWatchDimensionConfiguration>) =>
    change({ dimensions: draft.dimensions.map((one, index) => (index === at ? { ...one, ...to } : one)) });
  const faultAt = (at: number) => (isTold ? dimensionFault(draft.dimensions, at, t) : {});
  return (
    <FormField label={t.dimensions} description={t.dimensionsHint} errorText={fault.dimensions} stretch>
      <AttributeEditor
        items={draft.dimensions}
        addButtonText={t.addDimension}
        removeButtonText={t.removeTag}
        disableAddButton={draft.dimensions.length >= 10}
        onAddButtonClick={() =>
          change({
            dimensions: [
              ...draft.dimensions,
              { DimensionName: "", DimensionValueSource: "MESSAGE_TAG", DefaultDimensionValue: "none" },
            ],
          })
        }
        onRemoveButtonClick={({ detail }) =>
          change({ dimensions: draft.dimensions.filter((_, at) => at !== detail.itemIndex) })
        }
        definition={[
          {
            label: t.dimensionName,
            control: (one, at) => (
              <Input value={one.DimensionName} onChange={({ detail }) => set(at, { DimensionName: detail.value })} />
            ),
            errorText: (_, at) => faultAt(at).name,
          },
          {
            label: t.dimensionSource,
            control: (one, at) => (
              <Select
                selectedOption={sources.find((source) => source.value === one.DimensionValueSource) ?? null}
                options={sources}
                onChange={({ detail }) =>
                  set(at, { DimensionValueSource: detail.selectedOption.value as DimensionValueSource })
                }
              />
            ),
          },
          {
            label: t.dimensionDefault,
            control: (one, at) => (
              <Input
                value={one.DefaultDimensionValue}
                onChange={({ detail }) => set(at, { DefaultDimensionValue: detail.value })}
              />
            ),
            errorText: (_, at) => faultAt(at).value,
          },
        ]}
      />
    </FormField>
  );
}
