import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { call } from "../../api/client";
import type { Tag } from "../../api/sesv2";
import { useNotices } from "../../frame/notices";
import { GoLink, segment } from "../../frame/place";
import { useWords } from "../../frame/words";
import { Failure } from "../../parts/Failure";
import { useAction } from "../../parts/useAction";
import { Editing, type Given } from "./Authentication";
import { SetChoice, TagFields, tagFault } from "./fields";
import { words } from "./words";

export function DefaultSet({ name, identity, mayChange, reload }: Given) {
  const t = useWords(words);
  const { tell } = useNotices();
  const [edited, setEdited] = useState<string | null>(null);
  const set = identity.ConfigurationSetName;
  const save = useAction(async () => {
    await call("PutEmailIdentityConfigurationSetAttributes", {
      EmailIdentity: name,
      ...(edited && { ConfigurationSetName: edited }),
    });
    tell("success", t.saved);
    setEdited(null);
    await reload();
  });
  return (
    <Container
      header={
        <Header
          variant="h2"
          description={t.configurationSetText}
          actions={
            edited === null && (
              <Button disabled={!mayChange} disabledReason={t.noRole} onClick={() => setEdited(set ?? "")}>
                {t.edit}
              </Button>
            )
          }
        >
          {t.configurationSet}
        </Header>
      }
    >
      <SpaceBetween size="l">
        <Failure failure={save.failure} />
        {edited === null ? (
          set ? (
            <GoLink to={`configuration-sets/${segment(set)}`}>{set}</GoLink>
          ) : (
            t.noSet
          )
        ) : (
          <Editing save={() => void save.run()} isSaving={save.isRunning} cancel={() => setEdited(null)}>
            <SetChoice given={edited} change={setEdited} />
          </Editing>
        )}
      </SpaceBetween>
    </Container>
  );
}

export function TagTable({ identity, mayChange, reload, arn }: Given & { arn: string }) {
  const t = useWords(words);
  const { tell } = useNotices();
  const [edited, setEdited] = useState<Tag[] | null>(null);
  const tags = identity.Tags ?? [];
  const fault = edited ? tagFault(edited, t) : "";
  const save = useAction(async () => {
    const wanted = (edited ?? []).map((one) => ({ Key: one.Key.trim(), Value: one.Value }));
    const gone = tags.map((one) => one.Key).filter((key) => !wanted.some((one) => one.Key === key));
    if (gone.length) await call("UntagResource", { ResourceArn: arn, TagKeys: gone });
    if (wanted.length) await call("TagResource", { ResourceArn: arn, Tags: wanted });
    tell("success", t.saved);
    setEdited(null);
    await reload();
  });
  return (
    <Container
      header={
        <Header
          variant="h2"
          actions={
            edited === null && (
              <Button disabled={!mayChange} disabledReason={t.noRole} onClick={() => setEdited(tags)}>
                {t.edit}
              </Button>
            )
          }
        >
          {t.tags}
        </Header>
      }
    >
      <SpaceBetween size="l">
        <Failure failure={save.failure} />
        {edited ? (
          <Editing
            save={() => {
              if (!fault) void save.run();
            }}
            isSaving={save.isRunning}
            cancel={() => setEdited(null)}
          >
            <TagFields tags={edited} fault={fault} change={setEdited} />
          </Editing>
        ) : tags.length ? (
          <KeyValuePairs columns={3} items={tags.map((one) => ({ label: one.Key, value: one.Value || "-" }))} />
        ) : (
          t.noTags
        )}
      </SpaceBetween>
    </Container>
  );
}
