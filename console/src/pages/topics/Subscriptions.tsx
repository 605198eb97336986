import { Page } from "../../frame/page";
import { useWords } from "../../frame/words";
import { Help } from "./help";
import { SubscriptionTable } from "./SubscriptionTable";
import { words } from "./words";

const help = <Help of="topics" />;

export function Component() {
  const t = useWords(words);
  return (
    <Page title={t.subscriptions} description={t.subscriptionsAbout} help={help} wide>
      <SubscriptionTable />
    </Page>
  );
}
