import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Checkbox from "@cloudscape-design/components/checkbox";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import TextFilter from "@cloudscape-design/components/text-filter";
import { tayori } from "../../api/client";
import { Page } from "../../frame/page";
import { useAddressed, useRole } from "../../frame/place";
import { useWords } from "../../frame/words";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { useCall } from "../../parts/useCall";
import { Help } from "./help";
import { words } from "./words";

interface Setting {
  key: string;
  value: unknown;
  default: unknown;
  origin: string;
  doc: string;
}

const help = <Help of="settings" />;

export function Component() {
  const t = useWords(words);
  const { may } = useRole();
  return (
    <Page title={t.settings} description={t.settingsAbout} help={help}>
      {may("operator") ? (
        <All />
      ) : (
        <Alert type="info" header={t.forbiddenTitle}>
          {t.needsOperator}
        </Alert>
      )}
    </Page>
  );
}

function All() {
  const t = useWords(words);
  const [like, setLike] = useAddressed("like");
  const [only, setOnly] = useAddressed("only");
  const all = useCall((signal) => tayori<{ settings: Setting[] }>("GET", "/tayori/settings", undefined, signal), []);
  const wanted = like.trim().toLowerCase();
  const shown = (all.value?.settings ?? []).filter(
    (one) =>
      (!only || one.origin !== "default") &&
      (!wanted || one.key.includes(wanted) || one.doc.toLowerCase().includes(wanted)),
  );
  const origins: Record<string, string> = {
    default: t.byDefault,
    environment: t.environment,
    "command line": t.commandLine,
  };
  return (
    <SpaceBetween size="s">
      <Failure failure={all.failure} retry={all.reload} />
      <Table
        wrapLines
        loading={all.isLoading && !all.value}
        loadingText={t.loading}
        items={shown}
        trackBy="key"
        header={
          <Header variant="h2" description={t.changeHow} counter={all.value ? `(${shown.length})` : ""}>
            {t.settings}
          </Header>
        }
        filter={
          <SpaceBetween size="s">
            <TextFilter
              filteringText={like}
              filteringAriaLabel={t.findSetting}
              filteringPlaceholder={t.findSetting}
              onChange={({ detail }) => setLike(detail.filteringText)}
            />
            <Checkbox checked={only !== ""} onChange={({ detail }) => setOnly(detail.checked ? "changed" : "")}>
              {t.onlyChanged}
            </Checkbox>
          </SpaceBetween>
        }
        empty={
          <Empty
            title={t.noSettings}
            action={
              <Button
                onClick={() => {
                  setLike("");
                  setOnly("");
                }}
              >
                {t.clearFilter}
              </Button>
            }
          />
        }
        columnDefinitions={[
          {
            id: "key",
            minWidth: 200,
            header: t.setting,
            isRowHeader: true,
            cell: (one) => <Box variant="code">{one.key}</Box>,
          },
          {
            id: "value",
            minWidth: 160,
            header: t.value,
            cell: (one) => <Box variant="code">{textOf(one.value) || t.empty}</Box>,
          },
          { id: "origin", minWidth: 120, header: t.origin, cell: (one) => origins[one.origin] ?? one.origin },
          { id: "doc", minWidth: 260, header: t.meaning, cell: (one) => <span lang="en">{one.doc}</span> },
        ]}
      />
    </SpaceBetween>
  );
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
