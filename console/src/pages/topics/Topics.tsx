import { sns } from "../../api/query";
import { Page } from "../../frame/page";
import { GoLink, segment, useGo } from "../../frame/place";
import { useWords } from "../../frame/words";
import { ListTable } from "../../parts/ListTable";
import { RoleButton } from "../../parts/RoleButton";
import { useListing } from "../../parts/useListing";
import { nameOf } from "./attributes";
import { Help } from "./help";
import { words } from "./words";

const help = <Help of="topics" />;

export function Component() {
  const t = useWords(words);
  const go = useGo();
  const topics = useListing<{ TopicArn: string }>(async (token) => {
    const found = await sns<{ Topics?: { TopicArn: string }[]; NextToken?: string }>("ListTopics", {
      NextToken: token,
    });
    return { items: found.Topics ?? [], next: found.NextToken || undefined };
  }, []);
  const create = (
    <RoleButton variant="primary" onClick={() => go("topics/-/create")}>
      {t.createTopic}
    </RoleButton>
  );
  return (
    <Page title={t.topics} description={t.topicsAbout} help={help} wide>
      <ListTable
        title={t.topics}
        listing={topics}
        id={(one) => one.TopicArn}
        none={{ title: t.noTopics, text: t.noTopicsText, action: create }}
        actions={create}
        columns={[
          {
            id: "name",
            header: t.name,
            cell: (one) => <GoLink to={`topics/${segment(one.TopicArn)}`}>{nameOf(one.TopicArn)}</GoLink>,
          },
          { id: "arn", header: t.arn, cell: (one) => one.TopicArn },
        ]}
      />
    </Page>
  );
}
