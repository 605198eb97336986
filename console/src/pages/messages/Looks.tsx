/* A message's source and its HTML, as one may look at what one does not trust. */

import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import Skeleton from "@cloudscape-design/components/skeleton";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { download, tayori } from "../../api/client";
import { ApiFailure } from "../../api/failure";
import { segment } from "../../frame/place";
import { useWords } from "../../frame/words";
import { Failure } from "../../parts/Failure";
import { useAction } from "../../parts/useAction";
import { useCall } from "../../parts/useCall";
import { Verbatim } from "./Timeline";
import type { Content } from "./types";
import { words } from "./words";

function useContent(id: string) {
  return useCall(
    (signal) => tayori<Content>("GET", `/tayori/messages/${segment(id)}/content`, undefined, signal),
    [id],
  );
}

function Missing({ failure, retry }: { failure: unknown; retry: () => Promise<void> }) {
  const t = useWords(words);
  if (failure instanceof ApiFailure && failure.isMissing) return <Alert type="info">{t.gone}</Alert>;
  return <Failure failure={failure} retry={retry} />;
}

export function Source({ id }: { id: string }) {
  const t = useWords(words);
  const content = useContent(id);
  const saving = useAction(() => download(`/tayori/messages/${segment(id)}/source?download=1`, `${id}.eml`));
  if (content.failure) return <Missing failure={content.failure} retry={content.reload} />;
  if (!content.value) return <Skeleton height="300px" />;
  return (
    <Container
      header={
        <Header
          variant="h2"
          description={t.sourceAbout}
          actions={
            <Button iconName="download" loading={saving.isRunning} onClick={() => void saving.run()}>
              {t.downloadFile}
            </Button>
          }
        >
          {t.tabSource}
        </Header>
      }
    >
      <SpaceBetween size="m">
        <Failure failure={saving.failure} />
        {content.value.is_cut && <Alert type="info">{t.sourceCut}</Alert>}
        <Verbatim text={content.value.source} />
      </SpaceBetween>
    </Container>
  );
}

export function Preview({ id }: { id: string }) {
  const t = useWords(words);
  const content = useContent(id);
  if (content.failure) return <Missing failure={content.failure} retry={content.reload} />;
  if (!content.value) return <Skeleton height="600px" />;
  const found = content.value;
  return (
    <SpaceBetween size="l">
      <Container
        header={
          <Header variant="h2" description={t.previewAbout}>
            {t.tabPreview}
          </Header>
        }
      >
        <SpaceBetween size="s">
          {found.blocked > 0 && <Alert type="info">{t.previewBlocked(found.blocked)}</Alert>}
          {!found.is_html && <Box color="text-body-secondary">{t.previewText}</Box>}
          <iframe
            sandbox=""
            src={found.preview}
            title={t.previewFrame}
            referrerPolicy="no-referrer"
            style={{ width: "100%", height: 520, border: 0, background: "#fff" }}
          />
        </SpaceBetween>
      </Container>
      <Table
        wrapLines
        variant="container"
        items={found.parts}
        header={<Header variant="h2">{t.parts}</Header>}
        columnDefinitions={[
          { id: "type", header: t.partType, isRowHeader: true, cell: (one) => one.type },
          { id: "name", header: t.partName, cell: (one) => one.name || "-" },
          { id: "size", header: t.size, cell: (one) => t.bytes(one.size.toLocaleString()) },
        ]}
      />
    </SpaceBetween>
  );
}
