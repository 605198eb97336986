/* Which panel is imitated, and the habits that it has. Kept in the address: `?panel=sakura&habits=keeps-quotes`. */

import Checkbox from "@cloudscape-design/components/checkbox";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import FormField from "@cloudscape-design/components/form-field";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useSearchParams } from "react-router";
import { tayori } from "../../api/client";
import { useLanguage, useWords } from "../../frame/words";
import { useCall } from "../../parts/useCall";
import { words } from "./words";

interface Known {
  key: string;
  names: { en: string; ja: string };
  habits: string[];
  ttl_minimum: number;
  ttl_maximum: number;
  notes: { en: string[]; ja: string[] };
}

export interface Panel {
  key: string;
  known: Known[];
  habits: string[];
  ttlMinimum: number;
  ttlMaximum: number;
  notes: string[];
  choose: (key: string) => void;
  setHabits: (habits: string[]) => void;
}

const NONE = "none";

export function usePanel(): Panel {
  const language = useLanguage();
  const [search, setSearch] = useSearchParams();
  const found = useCall(
    (signal) => tayori<{ panels: Known[] }>("GET", "/tayori/rehearsal/registrar/panels", undefined, signal),
    [],
  );
  const known = found.value?.panels ?? [];
  const key = search.get("panel") ?? "";
  const chosen = known.find((one) => one.key === key);
  const given = search.get("habits");
  const put = (change: Record<string, string>) =>
    setSearch(
      (before) => {
        const after = new URLSearchParams(before);
        for (const [name, value] of Object.entries(change)) {
          if (value) after.set(name, value);
          else after.delete(name);
        }
        return after;
      },
      { replace: true },
    );
  return {
    key,
    known,
    habits: given === null ? (chosen?.habits ?? []) : given.split(",").filter((one) => one && one !== NONE),
    ttlMinimum: chosen?.ttl_minimum ?? 0,
    ttlMaximum: chosen?.ttl_maximum ?? 604800,
    notes: chosen?.notes[language] ?? [],
    choose: (next) => put({ panel: next, habits: "" }),
    setHabits: (habits) => put({ habits: habits.join(",") || NONE }),
  };
}

export function PanelChoice({ panel }: { panel: Panel }) {
  const t = useWords(words);
  const language = useLanguage();
  const habits: [string, string, string][] = [
    ["doubles-names", t.doublesNames, t.doublesNamesText],
    ["needs-final-dot", t.needsFinalDot, t.needsFinalDotText],
    ["keeps-quotes", t.keepsQuotes, t.keepsQuotesText],
    ["escapes-semicolons", t.escapesSemicolons, t.escapesSemicolonsText],
    ["refuses-long-text", t.refusesLongText, t.refusesLongTextText],
    ["refuses-underscores", t.refusesUnderscores, t.refusesUnderscoresText],
  ];
  const options = [
    { value: "", label: t.plainPanel },
    ...panel.known.map((one) => ({ value: one.key, label: one.names[language] })),
  ];
  return (
    <ExpandableSection
      variant="container"
      headingTagOverride="h2"
      headerText={t.panelHeading}
      headerDescription={t.panelAbout}
      defaultExpanded={panel.key !== "" || panel.habits.length > 0}
    >
      <SpaceBetween size="m">
        <FormField label={t.panel}>
          <Select
            options={options}
            selectedOption={options.find((one) => one.value === panel.key) ?? options[0] ?? null}
            onChange={({ detail }) => panel.choose(detail.selectedOption.value ?? "")}
          />
        </FormField>
        {panel.notes.length > 0 && (
          <ul>
            {panel.notes.map((note) => (
              <li key={note}>{plain(note)}</li>
            ))}
          </ul>
        )}
        <FormField label={t.habits} description={t.habitsHint} stretch>
          <SpaceBetween size="xs">
            {habits.map(([habit, text, more]) => (
              <Checkbox
                key={habit}
                checked={panel.habits.includes(habit)}
                description={more}
                onChange={({ detail }) =>
                  panel.setHabits(
                    detail.checked ? [...panel.habits, habit] : panel.habits.filter((one) => one !== habit),
                  )
                }
              >
                {text}
              </Checkbox>
            ))}
          </SpaceBetween>
        </FormField>
      </SpaceBetween>
    </ExpandableSection>
  );
}

/** Notes come from documents with Markdown's emphasis. */
function plain(note: string): string {
  return note.replaceAll("**", "").replaceAll("`", "");
}
