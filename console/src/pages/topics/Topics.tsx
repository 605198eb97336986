import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { sns } from "../../api/query";
import { Page } from "../../frame/page";
import { GoLink, segment, useGo, useRole } from "../../frame/place";
import { useWords } from "../../frame/words";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { useListing } from "../../parts/useListing";
import { nameOf } from "./attributes";
import { Help } from "./help";
import { words } from "./words";

const help = <Help of="topics" />;

export function Component() {
  const t = useWords(words);
  const go = useGo();
  const mayChange = useRole().may("administrator");
  const topics = useListing<{ TopicArn: string }>(async (token) => {
    const found = await sns<{ Topics?: { TopicArn: string }[]; NextToken?: string }>("ListTopics", {
      NextToken: token,
    });
    return { items: found.Topics ?? [], next: found.NextToken || undefined };
  }, []);
  const create = (
    <Button variant="primary" disabled={!mayChange} disabledReason={t.noRole} onClick={() => go("topics/-/create")}>
      {t.createTopic}
    </Button>
  );
  return (
    <Page title={t.topics} description={t.topicsAbout} help={help}>
      <SpaceBetween size="m">
        <Failure failure={topics.failure} retry={topics.reload} />
        <Table
          wrapLines
          loading={topics.isLoading && !topics.value}
          loadingText={t.loading}
          items={topics.items}
          trackBy="TopicArn"
          pagination={topics.pagination}
          ariaLabels={{ tableLabel: t.topics }}
          header={
            <Header variant="h2" actions={create}>
              {t.topics}
            </Header>
          }
          empty={
            <Empty title={t.noTopics} action={create}>
              {t.noTopicsText}
            </Empty>
          }
          columnDefinitions={[
            {
              id: "name",
              header: t.name,
              isRowHeader: true,
              cell: (one) => <GoLink to={`topics/${segment(one.TopicArn)}`}>{nameOf(one.TopicArn)}</GoLink>,
            },
            { id: "arn", header: t.arn, cell: (one) => one.TopicArn },
          ]}
        />
      </SpaceBetween>
    </Page>
  );
}
