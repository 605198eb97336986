import { useParams } from "react-router";
import { useNotices } from "../../frame/notices";
import { Page } from "../../frame/page";
import { segment, useGo, usePlace } from "../../frame/place";
import { useWords } from "../../frame/words";
import { showSecret } from "../topics/secret";
import { DestinationForm } from "./DestinationForm";
import { Help } from "./help";
import { create, emptyDraft } from "./targets";
import { words } from "./words";

const help = <Help of="events" />;

export function Component() {
  const t = useWords(words);
  const { name: set = "" } = useParams();
  const { account, region } = usePlace();
  const { tell } = useNotices();
  const go = useGo();
  const home = `configuration-sets/${segment(set)}`;
  return (
    <Page
      title={t.addDestinationTitle}
      above={[
        { text: t.title, to: "configuration-sets" },
        { text: set, to: home },
      ]}
      help={help}
    >
      <DestinationForm
        first={emptyDraft(account, region)}
        isNew
        verb={t.addDestination}
        onCancel={() => go(`${home}?tab=destinations`)}
        save={async (draft) => {
          const { webhook } = await create(set, draft);
          if (webhook) {
            showSecret(webhook.id, webhook.secret);
            go(`webhooks/${segment(webhook.id)}`);
          } else {
            tell("success", t.created(draft.name));
            go(`${home}/destinations/${segment(draft.name)}`);
          }
        }}
      />
    </Page>
  );
}
