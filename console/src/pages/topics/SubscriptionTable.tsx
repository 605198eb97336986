/* Subscriptions, of one topic or of the account. */

import { useState } from "react";
import { sns } from "../../api/query";
import { GoLink, segment, useGo } from "../../frame/place";
import { useWords } from "../../frame/words";
import { ListTable } from "../../parts/ListTable";
import { RoleButton } from "../../parts/RoleButton";
import { useListing } from "../../parts/useListing";
import { ConfirmedState, isConfirmed, nameOf, protocolName, type SubscriptionRow } from "./attributes";
import { Confirm } from "./Confirm";
import { words } from "./words";

export function SubscriptionTable({ topic }: { topic?: string }) {
  const t = useWords(words);
  const go = useGo();
  const [isConfirming, setConfirming] = useState(false);
  const found = useListing<SubscriptionRow>(
    async (token) => {
      const answer = await sns<{ Subscriptions?: SubscriptionRow[]; NextToken?: string }>(
        topic ? "ListSubscriptionsByTopic" : "ListSubscriptions",
        { TopicArn: topic, NextToken: token },
      );
      return { items: answer.Subscriptions ?? [], next: answer.NextToken || undefined };
    },
    [topic],
    { every: 5 },
  );
  const create = (
    <RoleButton
      variant="primary"
      onClick={() => go(`subscriptions/-/create${topic ? `?topic=${encodeURIComponent(topic)}` : ""}`)}
    >
      {t.createSubscription}
    </RoleButton>
  );
  return (
    <>
      <ListTable
        title={t.subscriptions}
        listing={found}
        id={(one) => `${one.SubscriptionArn} ${one.TopicArn} ${one.Protocol} ${one.Endpoint}`}
        none={{ title: t.noSubscriptions, text: t.noSubscriptionsText, action: create }}
        actions={
          <>
            <RoleButton onClick={() => setConfirming(true)}>{t.confirm}</RoleButton>
            {create}
          </>
        }
        columns={[
          {
            id: "endpoint",
            header: t.endpoint,
            cell: (one) =>
              isConfirmed(one) ? (
                <GoLink to={`subscriptions/${segment(one.SubscriptionArn)}`}>{one.Endpoint}</GoLink>
              ) : (
                one.Endpoint
              ),
          },
          { id: "protocol", header: t.protocol, cell: (one) => protocolName(one.Protocol, t) },
          {
            id: "status",
            header: t.status,
            cell: (one) => <ConfirmedState is={isConfirmed(one)} t={t} />,
            minWidth: 120,
          },
          ...(topic
            ? []
            : [
                {
                  id: "topic",
                  header: t.topic,
                  cell: (one: SubscriptionRow) => (
                    <GoLink to={`topics/${segment(one.TopicArn)}`}>{nameOf(one.TopicArn)}</GoLink>
                  ),
                },
              ]),
        ]}
      />
      <Confirm
        visible={isConfirming}
        topic={topic}
        onClose={(arn) => {
          setConfirming(false);
          if (arn) go(`subscriptions/${segment(arn)}`);
        }}
      />
    </>
  );
}
