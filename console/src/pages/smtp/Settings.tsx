import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { save, tayori } from "../../api/client";
import { Page } from "../../frame/page";
import { useWords } from "../../frame/words";
import { CopyText } from "../../parts/CopyText";
import { Failure } from "../../parts/Failure";
import { useCall } from "../../parts/useCall";
import { Code } from "./Code";
import { Credentials } from "./Credentials";
import { Help } from "./help";
import { CA_FILE, type Doors } from "./snippets";
import { words } from "./words";

const help = <Help />;

export function Component() {
  const t = useWords(words);
  const doors = useCall((signal) => tayori<Doors>("GET", "/tayori/smtp", undefined, signal), []);
  return (
    <Page title={t.title} description={t.about} help={help}>
      <SpaceBetween size="l">
        <Failure failure={doors.failure} retry={doors.reload} />
        <Endpoints doors={doors.value} />
        <Credentials />
        {doors.value && <Code doors={doors.value} />}
      </SpaceBetween>
    </Page>
  );
}

function Endpoints({ doors }: { doors: Doors | undefined }) {
  const t = useWords(words);
  return (
    <Container header={<Header variant="h2">{t.endpoints}</Header>}>
      <KeyValuePairs
        columns={3}
        minColumnWidth={180}
        items={[
          { label: t.host, value: doors ? <CopyText text={doors.host} name={t.host} /> : t.loading },
          { label: t.starttls, value: doors?.starttls_port ?? "-" },
          { label: t.tls, value: doors?.tls_port ?? "-" },
          { label: t.needsTls, value: doors && !doors.certificate ? t.noCertificate : t.required },
          { label: t.api, value: doors ? <CopyText text={doors.endpoint} name={t.api} /> : "-" },
          { label: t.region, value: doors?.region ?? "-" },
          {
            label: t.authority,
            value: doors?.ca ? (
              <SpaceBetween size="xs">
                <span>{t.ownAuthority}</span>
                <Button iconName="download" onClick={() => save(doors.ca, CA_FILE, "application/x-pem-file")}>
                  {t.downloadCa}
                </Button>
              </SpaceBetween>
            ) : (
              t.publicAuthority
            ),
          },
        ]}
      />
    </Container>
  );
}
