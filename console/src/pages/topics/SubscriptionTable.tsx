/* Subscriptions, of one topic or of the account. */

import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useState } from "react";
import { sns } from "../../api/query";
import { GoLink, segment, useGo, useRole } from "../../frame/place";
import { useWords } from "../../frame/words";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { useListing } from "../../parts/useListing";
import { ConfirmedState, isConfirmed, nameOf, protocolName, type SubscriptionRow } from "./attributes";
import { Confirm } from "./Confirm";
import { words } from "./words";

export function SubscriptionTable({ topic }: { topic?: string }) {
  const t = useWords(words);
  const go = useGo();
  const mayChange = useRole().may("administrator");
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
    <Button
      variant="primary"
      disabled={!mayChange}
      disabledReason={t.noRole}
      onClick={() => go(`subscriptions/-/create${topic ? `?topic=${encodeURIComponent(topic)}` : ""}`)}
    >
      {t.createSubscription}
    </Button>
  );
  return (
    <SpaceBetween size="s">
      <Failure failure={found.failure} retry={found.reload} />
      <Table
        wrapLines
        loading={found.isLoading && !found.value}
        loadingText={t.loading}
        items={found.items}
        trackBy={(one) => `${one.SubscriptionArn} ${one.TopicArn} ${one.Protocol} ${one.Endpoint}`}
        pagination={found.pagination}
        ariaLabels={{ tableLabel: t.subscriptions }}
        header={
          <Header
            variant="h2"
            actions={
              <SpaceBetween direction="horizontal" size="xs">
                <Button disabled={!mayChange} disabledReason={t.noRole} onClick={() => setConfirming(true)}>
                  {t.confirm}
                </Button>
                {create}
              </SpaceBetween>
            }
          >
            {t.subscriptions}
          </Header>
        }
        empty={
          <Empty title={t.noSubscriptions} action={create}>
            {t.noSubscriptionsText}
          </Empty>
        }
        columnDefinitions={[
          {
            id: "endpoint",
            header: t.endpoint,
            isRowHeader: true,
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
    </SpaceBetween>
  );
}
