/* Sending authorization: policies that let others send as this identity. */

import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";
import { call } from "../../api/client";
import { useNotices } from "../../frame/notices";
import { usePlace } from "../../frame/place";
import { useWords } from "../../frame/words";
import { Destroy } from "../../parts/Destroy";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { useAction } from "../../parts/useAction";
import { Editing, type Given } from "./Authentication";
import { words } from "./words";

const MOST = 4096;

interface Edited {
  name: string;
  text: string;
  isNew: boolean;
}

export function Policies({ name, identity, mayChange, reload, arn }: Given & { arn: string }) {
  const t = useWords(words);
  const { tell } = useNotices();
  const { account } = usePlace();
  const [edited, setEdited] = useState<Edited | null>(null);
  const [isTold, setTold] = useState(false);
  const [gone, setGone] = useState("");
  const policies = Object.entries(identity.Policies ?? {});
  const nameFault = edited && !/^[A-Za-z0-9_-]{1,64}$/.test(edited.name) ? t.policyNameFault : "";
  const textFault = edited ? faultOf(edited.text, t.policyFault, t.policyLong) : "";
  const save = useAction(async () => {
    if (!edited) return;
    const given = { EmailIdentity: name, PolicyName: edited.name, Policy: edited.text };
    await (edited.isNew ? call("CreateEmailIdentityPolicy", given) : call("UpdateEmailIdentityPolicy", given));
    tell("success", t.saved);
    setEdited(null);
    await reload();
  });
  const sample = {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { AWS: account },
        Action: ["ses:SendEmail", "ses:SendRawEmail"],
        Resource: arn,
      },
    ],
  };
  const create = (
    <Button
      disabled={!mayChange}
      disabledReason={t.noRole}
      onClick={() => setEdited({ name: "", text: JSON.stringify(sample, null, 2), isNew: true })}
    >
      {t.createPolicy}
    </Button>
  );
  const change = (to: Partial<Edited>) => setEdited((known) => known && { ...known, ...to });
  return (
    <Container
      header={
        <Header variant="h2" description={t.policiesText} actions={edited ? undefined : create}>
          {t.policies}
        </Header>
      }
    >
      <SpaceBetween size="l">
        <Failure failure={save.failure} onDismiss={save.clear} />
        {edited && (
          <Editing
            isSaving={save.isRunning}
            cancel={() => setEdited(null)}
            save={() => {
              setTold(Boolean(nameFault || textFault));
              if (!nameFault && !textFault) void save.run();
            }}
          >
            <FormField label={t.policyName} errorText={isTold ? nameFault : ""}>
              <Input
                value={edited.name}
                disabled={!edited.isNew}
                spellcheck={false}
                onChange={({ detail }) => change({ name: detail.value.trim() })}
              />
            </FormField>
            <FormField label={t.policyDocument} errorText={textFault} stretch>
              <Textarea
                value={edited.text}
                rows={16}
                spellcheck={false}
                onChange={({ detail }) => change({ text: detail.value })}
              />
            </FormField>
          </Editing>
        )}
        {policies.length === 0 && !edited && <Empty title={t.noPolicies}>{t.policiesText}</Empty>}
        {!edited &&
          policies.map(([policy, text]) => (
            <SpaceBetween key={policy} size="xs">
              <Header
                variant="h3"
                actions={
                  <SpaceBetween direction="horizontal" size="xs">
                    <Button
                      ariaLabel={t.editOf(policy)}
                      disabled={!mayChange}
                      disabledReason={t.noRole}
                      onClick={() => setEdited({ name: policy, text: shown(text), isNew: false })}
                    >
                      {t.edit}
                    </Button>
                    <Button
                      ariaLabel={t.removeOf(policy)}
                      disabled={!mayChange}
                      disabledReason={t.noRole}
                      onClick={() => setGone(policy)}
                    >
                      {t.remove}
                    </Button>
                  </SpaceBetween>
                }
              >
                {policy}
              </Header>
              <Box variant="code">
                <div style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>{shown(text)}</div>
              </Box>
            </SpaceBetween>
          ))}
      </SpaceBetween>
      <Destroy
        visible={gone !== ""}
        title={t.removePolicy}
        verb={t.remove}
        names={gone ? [gone] : []}
        act={() => call("DeleteEmailIdentityPolicy", { EmailIdentity: name, PolicyName: gone })}
        onClose={(done) => {
          setGone("");
          if (done) void reload();
        }}
      >
        {t.removePolicyText}
      </Destroy>
    </Container>
  );
}

function faultOf(text: string, notJson: string, long: string): string {
  if (text.length > MOST) return long;
  try {
    JSON.parse(text);
    return "";
  } catch {
    return notJson;
  }
}

function shown(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
