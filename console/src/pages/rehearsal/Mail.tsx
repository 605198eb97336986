import Badge from "@cloudscape-design/components/badge";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import TextFilter from "@cloudscape-design/components/text-filter";
import { useState } from "react";
import { tayori, withQuery } from "../../api/client";
import { useNotices } from "../../frame/notices";
import { GoLink, segment, useAddressed, useGo } from "../../frame/place";
import { useWords } from "../../frame/words";
import { Destroy } from "../../parts/Destroy";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { TimeText } from "../../parts/TimeText";
import { useListing } from "../../parts/useListing";
import { Help } from "./help";
import { Stage } from "./Stage";
import { type Letter, Tls, Verdicts } from "./Verdicts";
import { words } from "./words";

const help = <Help of="mail" />;

export function Component() {
  const t = useWords(words);
  return (
    <Stage title={t.mailTitle} description={t.mailAbout} help={help}>
      {() => <Mail />}
    </Stage>
  );
}

function Mail() {
  const t = useWords(words);
  const go = useGo();
  const { tell } = useNotices();
  const [to, setTo] = useAddressed("to");
  const [emptying, setEmptying] = useState(false);
  const letters = useListing<Letter>(
    async (before, signal) => {
      const path = withQuery("/tayori/rehearsal/letters", { to, before, limit: 50 });
      const found = await tayori<{ letters: Letter[]; next?: string }>("GET", path, undefined, signal);
      return { items: found.letters, next: found.next };
    },
    [to],
    { every: 3 },
  );
  return (
    <SpaceBetween size="s">
      <Failure failure={letters.failure} retry={letters.reload} />
      <Table
        wrapLines
        loading={letters.isLoading && !letters.value}
        loadingText={t.loading}
        items={letters.items}
        trackBy="id"
        pagination={letters.pagination}
        header={
          <Header variant="h2" actions={<Button onClick={() => setEmptying(true)}>{t.emptyAll}</Button>}>
            {t.mailTitle}
          </Header>
        }
        filter={
          <TextFilter
            filteringText={to}
            filteringAriaLabel={t.findMailbox}
            filteringPlaceholder={t.findMailbox}
            onChange={({ detail }) => setTo(detail.filteringText)}
          />
        }
        empty={
          to ? (
            <Empty title={t.noMailFound} action={<Button onClick={() => setTo("")}>{t.clearFilter}</Button>} />
          ) : (
            <Empty title={t.noMail} action={<Button onClick={() => go("rehearsal/providers")}>{t.toProviders}</Button>}>
              {t.noMailText}
            </Empty>
          )
        }
        columnDefinitions={[
          {
            id: "subject",
            header: t.subject,
            isRowHeader: true,
            minWidth: 150,
            cell: (one) => (
              <GoLink to={`rehearsal/mail/${segment(one.id)}`}>{one.subject.slice(0, 200) || t.noSubject}</GoLink>
            ),
          },
          {
            id: "mailbox",
            header: t.mailbox,
            minWidth: 160,
            cell: (one) => (
              <SpaceBetween size="xxs">
                <span style={{ overflowWrap: "anywhere" }}>{one.rcpt_to}</span>
                {one.spam_reported_at && <Badge color="red">{t.spamReported}</Badge>}
              </SpaceBetween>
            ),
          },
          {
            id: "from",
            header: t.from,
            minWidth: 150,
            cell: (one) => <span style={{ overflowWrap: "anywhere" }}>{one.from.slice(0, 200) || "-"}</span>,
          },
          { id: "auth", header: t.authentication, minWidth: 140, cell: (one) => <Verdicts letter={one} /> },
          { id: "tls", header: t.tls, minWidth: 130, cell: (one) => <Tls letter={one} /> },
          { id: "at", header: t.received, minWidth: 130, cell: (one) => <TimeText at={one.received_at} /> },
        ]}
      />
      <Destroy
        visible={emptying}
        title={t.emptyAll}
        verb={t.emptyVerb}
        names={[t.emptyNames]}
        act={() => tayori("DELETE", "/tayori/rehearsal/mailboxes")}
        onClose={(done) => {
          setEmptying(false);
          if (done) {
            tell("success", t.emptied);
            void letters.reload();
          }
        }}
      >
        {t.emptyText}
      </Destroy>
    </SpaceBetween>
  );
}
