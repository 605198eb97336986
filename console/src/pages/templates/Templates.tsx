import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useState } from "react";
import { call } from "../../api/client";
import type { EmailTemplateMetadata } from "../../api/sesv2";
import { useNotices } from "../../frame/notices";
import { Page } from "../../frame/page";
import { GoLink, segment, useGo, useRole } from "../../frame/place";
import { useWords } from "../../frame/words";
import { Destroy } from "../../parts/Destroy";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { TimeText } from "../../parts/TimeText";
import { useListing } from "../../parts/useListing";
import { Help } from "./help";
import { words } from "./words";

const help = <Help />;

export function Component() {
  const t = useWords(words);
  const go = useGo();
  const { tell } = useNotices();
  const mayChange = useRole().may("administrator");
  const [chosen, setChosen] = useState<EmailTemplateMetadata[]>([]);
  const [isDeleting, setDeleting] = useState(false);
  const templates = useListing<EmailTemplateMetadata>(async (token, signal) => {
    const found = await call("ListEmailTemplates", { NextToken: token, PageSize: 50 }, signal);
    return { items: found.TemplatesMetadata ?? [], next: found.NextToken };
  }, []);
  const name = chosen[0]?.TemplateName ?? "";
  const reason = mayChange ? undefined : t.noRole;
  const create = (
    <Button variant="primary" disabled={!mayChange} disabledReason={reason} onClick={() => go("templates/-/create")}>
      {t.create}
    </Button>
  );
  return (
    <Page title={t.title} description={t.description} help={help}>
      <SpaceBetween size="m">
        <Failure failure={templates.failure} retry={templates.reload} />
        <Table
          wrapLines
          loading={templates.isLoading && !templates.value}
          loadingText={t.loading}
          items={templates.items}
          trackBy={(one) => one.TemplateName ?? ""}
          selectionType="single"
          selectedItems={chosen}
          onSelectionChange={({ detail }) => setChosen(detail.selectedItems)}
          pagination={templates.pagination}
          ariaLabels={{
            tableLabel: t.templates,
            selectionGroupLabel: t.templates,
            itemSelectionLabel: (_, one) => one.TemplateName ?? "",
          }}
          header={
            <Header
              variant="h2"
              actions={
                <SpaceBetween direction="horizontal" size="xs">
                  <Button disabled={!name || !mayChange} disabledReason={reason} onClick={() => setDeleting(true)}>
                    {t.remove}
                  </Button>
                  <Button
                    disabled={!name || !mayChange}
                    disabledReason={reason}
                    onClick={() => go(`templates/-/create?copy=${segment(name)}`)}
                  >
                    {t.duplicate}
                  </Button>
                  {create}
                </SpaceBetween>
              }
            >
              {t.templates}
            </Header>
          }
          empty={
            <Empty title={t.none} action={create}>
              {t.noneText}
            </Empty>
          }
          columnDefinitions={[
            {
              id: "name",
              header: t.name,
              isRowHeader: true,
              cell: (one) => <GoLink to={`templates/${segment(one.TemplateName ?? "")}`}>{one.TemplateName}</GoLink>,
            },
            { id: "created", header: t.created, cell: (one) => <TimeText at={one.CreatedTimestamp} /> },
          ]}
        />
      </SpaceBetween>
      <Destroy
        visible={isDeleting}
        title={t.removeTitle}
        verb={t.remove}
        names={[name]}
        act={() => call("DeleteEmailTemplate", { TemplateName: name })}
        onClose={(done) => {
          setDeleting(false);
          if (!done) return;
          tell("success", t.removed(name));
          setChosen([]);
          void templates.reload();
        }}
      >
        {t.removeText}
      </Destroy>
    </Page>
  );
}
