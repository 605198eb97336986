import Autosuggest from "@cloudscape-design/components/autosuggest";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import TextFilter from "@cloudscape-design/components/text-filter";
import { useState } from "react";
import { call, tayori, withQuery } from "../../api/client";
import { GoLink, segment, useAddressed, useGo } from "../../frame/place";
import { useWords } from "../../frame/words";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { useCall } from "../../parts/useCall";
import { useListing } from "../../parts/useListing";
import { Help } from "./help";
import { Stage } from "./Stage";
import { words } from "./words";

interface ZoneSummary {
  domain: string;
  records: number;
  fixed: number;
}

const help = <Help of="dns" />;

export function Component() {
  const t = useWords(words);
  return (
    <Stage title={t.dnsTitle} description={t.dnsAbout} help={help}>
      {() => (
        <SpaceBetween size="l">
          <Open />
          <Zones />
        </SpaceBetween>
      )}
    </Stage>
  );
}

function Open() {
  const t = useWords(words);
  const go = useGo();
  const [domain, setDomain] = useState("");
  const [fault, setFault] = useState("");
  const own = useCall((signal) => call("ListEmailIdentities", { PageSize: 100 }, signal), []);
  const domains = (own.value?.EmailIdentities ?? [])
    .filter((one) => one.IdentityType !== "EMAIL_ADDRESS" && one.IdentityName?.endsWith(".test"))
    .map((one) => ({ value: one.IdentityName ?? "" }));
  const open = () => {
    const name = domain.trim().toLowerCase().replace(/\.$/, "");
    const isGood = /^[^\s@/]+\.test$/u.test(name);
    setFault(isGood ? "" : t.openFault);
    if (isGood) go(`rehearsal/dns/${segment(name)}`);
  };
  return (
    <Container>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          open();
        }}
      >
        <SpaceBetween size="s">
          <FormField label={t.openLabel} constraintText={t.openHint} errorText={fault}>
            <Autosuggest
              value={domain}
              placeholder="shop.test"
              options={domains.length ? [{ label: t.yourDomains, options: domains }] : []}
              onChange={({ detail }) => setDomain(detail.value)}
            />
          </FormField>
          <Button formAction="submit">{t.openZone}</Button>
        </SpaceBetween>
      </form>
    </Container>
  );
}

function Zones() {
  const t = useWords(words);
  const [like, setLike] = useAddressed("like");
  const zones = useListing<ZoneSummary>(
    async (after, signal) => {
      const path = withQuery("/tayori/rehearsal/registrar/zones", { like, after });
      const found = await tayori<{ zones: ZoneSummary[]; next?: string }>("GET", path, undefined, signal);
      return { items: found.zones, next: found.next };
    },
    [like],
  );
  return (
    <SpaceBetween size="s">
      <Failure failure={zones.failure} retry={zones.reload} />
      <Table
        wrapLines
        loading={zones.isLoading && !zones.value}
        loadingText={t.loading}
        items={zones.items}
        trackBy="domain"
        pagination={zones.pagination}
        header={<Header variant="h2">{t.zones}</Header>}
        filter={
          <TextFilter
            filteringText={like}
            filteringAriaLabel={t.findZone}
            filteringPlaceholder={t.findZone}
            onChange={({ detail }) => setLike(detail.filteringText)}
          />
        }
        empty={
          <Empty
            title={t.noZones}
            action={like ? <Button onClick={() => setLike("")}>{t.clearFilter}</Button> : undefined}
          >
            {t.noZonesText}
          </Empty>
        }
        columnDefinitions={[
          {
            id: "domain",
            header: t.domain,
            isRowHeader: true,
            cell: (one) => <GoLink to={`rehearsal/dns/${segment(one.domain)}`}>{one.domain}</GoLink>,
          },
          { id: "records", header: t.records, cell: (one) => one.records },
          { id: "fixed", header: t.fixedRecords, cell: (one) => one.fixed },
        ]}
      />
    </SpaceBetween>
  );
}
