import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Modal from "@cloudscape-design/components/modal";
import RadioGroup from "@cloudscape-design/components/radio-group";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";
import { tayori, withQuery } from "../../api/client";
import { useNotices } from "../../frame/notices";
import { Page } from "../../frame/page";
import { segment, useAddressed } from "../../frame/place";
import { type Spoken, useLanguage, useWords } from "../../frame/words";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { needed } from "../../parts/limit";
import { useAction } from "../../parts/useAction";
import { useListing } from "../../parts/useListing";
import { Help } from "./help";
import type { Overview } from "./overview";
import { stateOf } from "./ProductionAccess";
import { words } from "./words";

type T = Spoken<typeof words>;
const help = <Help of="reviews" />;

interface Review {
  account: string;
  name: string;
  region: string;
  status: string;
  reason: string | null;
  productionAccess: boolean;
  max24Hour: number;
  maxRate: number;
  details: Overview["account"]["details"];
}

export function Component() {
  const t = useWords(words);
  const [state, setState] = useAddressed("state");
  const found = useListing<Review>(
    async (behind, signal) => {
      const path = withQuery("/tayori/reviews", { state, behind });
      const answer = await tayori<{ reviews: Review[]; next: string | null }>("GET", path, undefined, signal);
      return { items: answer.reviews, next: answer.next };
    },
    [state],
    { every: 10 },
  );
  const states = [
    { value: "", label: t.all },
    { value: "open", label: t.waitingOnly },
    { value: "decided", label: t.decidedOnly },
  ];
  const [open, setOpen] = useState<Review | null>(null);
  return (
    <Page title={t.reviews} description={t.reviewsAbout} help={help}>
      <SpaceBetween size="l">
        <Failure failure={found.failure} retry={found.reload} />
        <Table
          wrapLines
          loading={found.isLoading && !found.value}
          loadingText={t.loading}
          items={found.items}
          pagination={found.pagination}
          filter={
            <Select
              ariaLabel={t.showing}
              selectedOption={states.find((one) => one.value === state) ?? null}
              options={states}
              onChange={({ detail }) => setState(detail.selectedOption.value ?? "")}
            />
          }
          trackBy={(one) => `${one.account}/${one.region}`}
          header={<Header variant="h2">{t.reviews}</Header>}
          empty={<Empty title={t.noReviews}>{t.noReviewsText}</Empty>}
          columnDefinitions={[
            {
              id: "account",
              header: t.account,
              isRowHeader: true,
              cell: (one) => (
                <>
                  {one.name || one.account}
                  {one.name && <Box color="text-body-secondary">{one.account}</Box>}
                </>
              ),
            },
            { id: "region", header: t.region, minWidth: 110, cell: (one) => one.region },
            { id: "type", header: t.mailType, minWidth: 150, cell: (one) => typeOf(one, t) },
            { id: "website", header: t.website, minWidth: 160, cell: (one) => one.details?.WebsiteURL ?? "-" },
            {
              id: "status",
              header: t.status,
              minWidth: 130,
              cell: (one) => {
                const state = stateOf(one.status, t);
                return <StatusIndicator type={state.type}>{state.text}</StatusIndicator>;
              },
            },
            {
              id: "decide",
              header: t.decision,
              minWidth: 130,
              cell: (one) => (
                <Button ariaLabel={`${t.decide}: ${one.name || one.account}`} onClick={() => setOpen(one)}>
                  {t.decide}
                </Button>
              ),
            },
          ]}
        />
        {open && (
          <Decide
            review={open}
            t={t}
            close={() => {
              setOpen(null);
              void found.reload();
            }}
          />
        )}
      </SpaceBetween>
    </Page>
  );
}

function typeOf(review: Review, t: T): string {
  const type = review.details?.MailType;
  return type === "MARKETING" ? t.marketing : type === "TRANSACTIONAL" ? t.transactional : "-";
}

function isQuota(text: string): boolean {
  const value = Number(text);
  return text.trim() !== "" && (value === -1 || value > 0);
}

function Decide({ review, t, close }: { review: Review; t: T; close: () => void }) {
  const language = useLanguage();
  const { tell } = useNotices();
  const [verb, setVerb] = useState("grant");
  const [daily, setDaily] = useState(review.productionAccess ? String(review.max24Hour) : "50000");
  const [rate, setRate] = useState(review.productionAccess ? String(review.maxRate) : "14");
  const [reason, setReason] = useState("");
  const [isTried, setTried] = useState(false);
  const path = `/tayori/reviews/${segment(review.account)}/${segment(review.region)}/${verb}`;
  const isReady = verb === "grant" ? isQuota(daily) && isQuota(rate) : !needed(reason, language);
  const action = useAction(async () => {
    await tayori("POST", path, verb === "grant" ? { max24Hour: Number(daily), maxRate: Number(rate) } : { reason });
    tell("success", verb === "grant" ? t.granted(review.account) : t.denied(review.account));
    close();
  });
  return (
    <Modal
      visible
      header={`${t.decision}: ${review.name || review.account}`}
      closeAriaLabel={t.close}
      onDismiss={close}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={close}>
              {t.cancel}
            </Button>
            <Button
              variant="primary"
              loading={action.isRunning}
              onClick={() => {
                setTried(true);
                if (isReady) void action.run();
              }}
            >
              {verb === "grant" ? t.grant : t.deny}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <Failure failure={action.failure} />
        <KeyValuePairs
          columns={1}
          items={[
            { label: t.website, value: review.details?.WebsiteURL ?? "-" },
            { label: t.mailType, value: typeOf(review, t) },
            { label: t.useCase, value: review.details?.UseCaseDescription || "-" },
            { label: t.contacts, value: review.details?.AdditionalContactEmailAddresses?.join(", ") || "-" },
          ]}
        />
        <FormField label={t.decision}>
          <RadioGroup
            value={verb}
            onChange={({ detail }) => setVerb(detail.value)}
            items={[
              { value: "grant", label: t.grant },
              { value: "deny", label: t.deny },
            ]}
          />
        </FormField>
        {verb === "grant" ? (
          <>
            <FormField label={t.daily} constraintText={t.minusOne} errorText={isTried && !isQuota(daily) && t.number}>
              <Input value={daily} inputMode="numeric" onChange={({ detail }) => setDaily(detail.value)} />
            </FormField>
            <FormField
              label={t.perSecond}
              constraintText={t.minusOne}
              errorText={isTried && !isQuota(rate) && t.number}
            >
              <Input value={rate} inputMode="decimal" onChange={({ detail }) => setRate(detail.value)} />
            </FormField>
          </>
        ) : (
          <FormField label={t.denyReason} errorText={isTried && needed(reason, language)}>
            <Textarea value={reason} onChange={({ detail }) => setReason(detail.value)} />
          </FormField>
        )}
      </SpaceBetween>
    </Modal>
  );
}
