/* The form of a registrar's panel for one record. */

import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";
import { useWords } from "../../frame/words";
import { Failure } from "../../parts/Failure";
import { useAction } from "../../parts/useAction";
import type { Panel } from "./Panel";
import { words } from "./words";

export interface Line {
  id: string;
  name: string;
  host: string;
  type: string;
  value: string;
  priority: number | null;
  ttl: number | null;
  is_fixed: boolean;
}

export const BLANK: Line = {
  id: "",
  name: "",
  host: "",
  type: "CNAME",
  value: "",
  priority: null,
  ttl: null,
  is_fixed: false,
};
const TYPES = ["CNAME", "TXT", "MX", "A", "AAAA", "NS", "CAA", "TLSA", "PTR"];

export interface RecordFormProps {
  domain: string;
  panel: Panel;
  line: Line;
  verb: string;
  send: (body: object) => Promise<Line>;
  onDone: (line: Line) => void;
  onCancel?: () => void;
}

export function RecordForm({ domain, panel, line, verb, send, onDone, onCancel }: RecordFormProps) {
  const t = useWords(words);
  const [type, setType] = useState(line.type);
  const [host, setHost] = useState(line.host);
  const [value, setValue] = useState(line.value);
  const [priority, setPriority] = useState(line.priority === null ? "10" : String(line.priority));
  const [ttl, setTtl] = useState(line.ttl === null ? "" : String(line.ttl));
  const [tried, setTried] = useState(false);
  const faults = {
    value: value.trim() ? "" : t.valueFault,
    priority: type !== "MX" || isWhole(priority, 0, 65535) ? "" : t.priorityFault,
    ttl:
      !ttl.trim() || isWhole(ttl, panel.ttlMinimum, panel.ttlMaximum)
        ? ""
        : t.ttlFault(panel.ttlMinimum, panel.ttlMaximum),
  };
  const action = useAction(async () => {
    const body = {
      host,
      type,
      value,
      habits: panel.habits,
      ttl_minimum: panel.ttlMinimum,
      ...(type === "MX" ? { priority: Number(priority) } : {}),
      ...(ttl.trim() ? { ttl: Number(ttl) } : {}),
    };
    onDone(await send(body));
  });
  const submit = () => {
    setTried(true);
    if (!faults.value && !faults.priority && !faults.ttl) void action.run();
  };
  const shown = (fault: string) => (tried ? fault : "");
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Form
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            {onCancel && (
              <Button formAction="none" variant="link" onClick={onCancel}>
                {t.cancel}
              </Button>
            )}
            <Button formAction="submit" variant="primary" loading={action.isRunning}>
              {verb}
            </Button>
          </SpaceBetween>
        }
      >
        <SpaceBetween size="m">
          <ColumnLayout columns={type === "MX" ? 3 : 2} minColumnWidth={180}>
            <FormField label={t.type}>
              <Select
                options={TYPES.map((one) => ({ value: one, label: one }))}
                selectedOption={{ value: type, label: type }}
                onChange={({ detail }) => setType(detail.selectedOption.value ?? type)}
              />
            </FormField>
            {type === "MX" && (
              <FormField label={t.priority} errorText={shown(faults.priority)}>
                <Input inputMode="numeric" value={priority} onChange={({ detail }) => setPriority(detail.value)} />
              </FormField>
            )}
            <FormField label={t.ttl} constraintText={t.ttlHint(panel.ttlMinimum)} errorText={shown(faults.ttl)}>
              <Input inputMode="numeric" value={ttl} onChange={({ detail }) => setTtl(detail.value)} />
            </FormField>
          </ColumnLayout>
          <FormField
            label={t.host}
            constraintText={t.hostHint(domain)}
            secondaryControl={
              <Box padding={{ top: "xxs" }} color="text-body-secondary">
                <span style={{ overflowWrap: "anywhere" }}>.{domain}</span>
              </Box>
            }
          >
            <Input
              value={host}
              spellcheck={false}
              autoComplete={false}
              onChange={({ detail }) => setHost(detail.value)}
            />
          </FormField>
          <FormField label={t.value} errorText={shown(faults.value)} stretch>
            <Textarea rows={2} value={value} spellcheck={false} onChange={({ detail }) => setValue(detail.value)} />
          </FormField>
          <Failure failure={action.failure} />
        </SpaceBetween>
      </Form>
    </form>
  );
}

function isWhole(text: string, least: number, most: number): boolean {
  return /^\d{1,10}$/.test(text.trim()) && Number(text) >= least && Number(text) <= most;
}
