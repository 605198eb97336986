import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Modal from "@cloudscape-design/components/modal";
import ProgressBar from "@cloudscape-design/components/progress-bar";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import { useEffect, useState } from "react";
import { call } from "../api/client";
import type { ImportJobSummary } from "../api/sesv2";
import { useWords } from "../frame/words";
import { Empty } from "./Empty";
import { Failure, Said } from "./Failure";
import { forget, uploadOf } from "./imports";
import { words } from "./listFileWords";
import { TimeText } from "./TimeText";
import { useListing } from "./useListing";

const KINDS = {
  CREATED: "pending",
  PROCESSING: "in-progress",
  COMPLETED: "success",
  FAILED: "error",
  CANCELLED: "stopped",
} as const;
const isOver = (job: ImportJobSummary) => job.JobStatus === "COMPLETED" || job.JobStatus === "FAILED";

/** The imports of one kind, the newest first, as they go on. `started` is counted up by whoever starts one. */
export function ImportJobs({
  kind,
  started,
  onEnd,
}: {
  kind: "SUPPRESSION_LIST" | "CONTACT_LIST";
  started: number;
  onEnd?: () => void;
}) {
  const t = useWords(words);
  const jobs = useListing<ImportJobSummary>(
    async (token, signal) => {
      const found = await call(
        "ListImportJobs",
        { ImportDestinationType: kind, NextToken: token, PageSize: 10 },
        signal,
      );
      return { items: found.ImportJobs ?? [], next: found.NextToken };
    },
    [kind, started],
    { every: 3, name: "jobs" },
  );
  const [failure, setFailure] = useState<unknown>(null);
  const [why, setWhy] = useState("");
  const ended = jobs.items.filter(isOver).length;
  useEffect(() => {
    for (const job of jobs.items) if (isOver(job) && job.JobId) void forget(job.JobId);
    if (ended) onEnd?.();
  }, [ended]);
  const explain = async (job: ImportJobSummary) => {
    try {
      const { FailureInfo } = await call("GetImportJob", { JobId: job.JobId ?? "" });
      if (FailureInfo?.FailedRecordsS3Url) window.location.assign(FailureInfo.FailedRecordsS3Url);
      else setWhy(FailureInfo?.ErrorMessage ?? "");
    } catch (error) {
      setFailure(error);
    }
  };
  return (
    <>
      <Failure failure={jobs.failure ?? failure} retry={jobs.reload} />
      <Table
        wrapLines
        variant="embedded"
        loading={jobs.isLoading && !jobs.value}
        loadingText={t.loading}
        items={jobs.items}
        trackBy={(one) => one.JobId ?? ""}
        pagination={jobs.pagination}
        header={
          <Header variant="h2" description={t.jobsText}>
            {t.jobs}
          </Header>
        }
        ariaLabels={{ tableLabel: t.jobs }}
        empty={<Empty title={t.noJobs} />}
        columnDefinitions={[
          {
            id: "created",
            header: t.created,
            isRowHeader: true,
            cell: (one) => <TimeText at={one.CreatedTimestamp} />,
          },
          {
            id: "status",
            header: t.status,
            cell: (one) => (
              <StatusIndicator type={KINDS[one.JobStatus ?? "CREATED"] ?? "pending"}>
                {t[one.JobStatus ?? "CREATED"]}
              </StatusIndicator>
            ),
          },
          { id: "progress", header: t.progress, cell: (one) => <Progress job={one} /> },
          {
            id: "failed",
            header: t.failed,
            cell: (one) =>
              one.FailedRecordsCount || one.JobStatus === "FAILED" ? (
                <>
                  {one.FailedRecordsCount ?? 0}{" "}
                  {isOver(one) && (
                    <Button variant="inline-link" onClick={() => void explain(one)}>
                      {one.FailedRecordsCount && one.JobStatus !== "FAILED" ? t.download : t.why}
                    </Button>
                  )}
                </>
              ) : (
                0
              ),
          },
        ]}
      />
      <Modal visible={Boolean(why)} header={t.why} closeAriaLabel={t.close} onDismiss={() => setWhy("")}>
        <Said text={why} />
      </Modal>
    </>
  );
}

function Progress({ job }: { job: ImportJobSummary }) {
  const t = useWords(words);
  const done = job.ProcessedRecordsCount ?? 0;
  const total = uploadOf(job.JobId ?? "")?.total ?? 0;
  if (!total || isOver(job)) return <>{t.processed(done)}</>;
  return (
    <ProgressBar
      variant="standalone"
      ariaLabel={t.progress}
      value={Math.min(100, (100 * done) / total)}
      description={t.ofTotal(done, total)}
    />
  );
}
