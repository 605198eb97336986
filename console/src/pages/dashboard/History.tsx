/* What was asked and decided of production access in this account, the last first. */

import Box from "@cloudscape-design/components/box";
import Header from "@cloudscape-design/components/header";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import { tayori } from "../../api/client";
import { define, type Spoken, useWords } from "../../frame/words";
import { Failure } from "../../parts/Failure";
import { TimeText } from "../../parts/TimeText";
import { useCall } from "../../parts/useCall";
import { shown } from "./overview";

const words = define({
  history: ["History", "履歴"],
  when: ["Time", "日時"],
  what: ["Step", "内容"],
  detail: ["Details", "詳細"],
  asked: ["Requested", "申請"],
  granted: ["Granted", "承認"],
  denied: ["Denied", "拒否"],
  quota: [
    (daily: string, rate: string) => `${daily} recipients in 24 hours, ${rate} a second`,
    (daily: string, rate: string) => `24 時間あたりの受信者数 ${daily}、1 秒あたり ${rate}`,
  ],
  unlimited: ["Unlimited", "無制限"],
  caseOf: [(id: string) => `Case ID ${id}`, (id: string) => `ケース ID ${id}`],
  nothing: ["Nothing was requested yet.", "申請はまだありません。"],
  loading: ["Loading", "読み込み中"],
});

type T = Spoken<typeof words>;

interface Step {
  at: string;
  kind: "asked" | "granted" | "denied";
  case_id: string;
  reason: string;
  max_24_hour: number | null;
  max_rate: number | null;
}

const TYPES = { asked: "pending", granted: "success", denied: "error" } as const;

export function History() {
  const t = useWords(words);
  const found = useCall((signal) => tayori<{ history: Step[] }>("GET", "/tayori/review", undefined, signal), [], {
    every: 5,
  });
  return (
    <>
      <Failure failure={found.failure} retry={found.reload} />
      <Table
        wrapLines
        loading={found.isLoading && !found.value}
        loadingText={t.loading}
        items={found.value?.history ?? []}
        trackBy="at"
        header={<Header variant="h2">{t.history}</Header>}
        empty={<Box color="text-body-secondary">{t.nothing}</Box>}
        columnDefinitions={[
          { id: "at", header: t.when, minWidth: 130, isRowHeader: true, cell: (one) => <TimeText at={one.at} /> },
          {
            id: "kind",
            header: t.what,
            minWidth: 120,
            cell: (one) => <StatusIndicator type={TYPES[one.kind]}>{t[one.kind]}</StatusIndicator>,
          },
          { id: "detail", header: t.detail, minWidth: 180, cell: (one) => detailOf(one, t) },
        ]}
      />
    </>
  );
}

function detailOf(one: Step, t: T): string {
  if (one.kind === "granted" && one.max_24_hour !== null && one.max_rate !== null)
    return t.quota(shown(one.max_24_hour, t.unlimited), shown(one.max_rate, t.unlimited));
  return one.kind === "denied" ? one.reason : t.caseOf(one.case_id);
}
