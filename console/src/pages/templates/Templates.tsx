import { call } from "../../api/client";
import type { EmailTemplateMetadata } from "../../api/sesv2";
import { Page } from "../../frame/page";
import { GoLink, segment, useGo } from "../../frame/place";
import { useWords } from "../../frame/words";
import { ListTable } from "../../parts/ListTable";
import { RoleButton } from "../../parts/RoleButton";
import { TimeText } from "../../parts/TimeText";
import { useListing } from "../../parts/useListing";
import { Help } from "./help";
import { words } from "./words";

const help = <Help />;
const nameOf = (one: EmailTemplateMetadata) => one.TemplateName ?? "";

export function Component() {
  const t = useWords(words);
  const go = useGo();
  const templates = useListing<EmailTemplateMetadata>(async (token, signal) => {
    const found = await call("ListEmailTemplates", { NextToken: token, PageSize: 50 }, signal);
    return { items: found.TemplatesMetadata ?? [], next: found.NextToken };
  }, []);
  const create = (
    <RoleButton variant="primary" onClick={() => go("templates/-/create")}>
      {t.create}
    </RoleButton>
  );
  return (
    <Page title={t.title} description={t.description} help={help} wide>
      <ListTable
        title={t.templates}
        listing={templates}
        id={nameOf}
        none={{ title: t.none, text: t.noneText, action: create }}
        actions={({ chosen }) => (
          <>
            <RoleButton
              disabled={chosen.length !== 1}
              onClick={() => go(`templates/-/create?copy=${segment(chosen.map(nameOf).join())}`)}
            >
              {t.duplicate}
            </RoleButton>
            {create}
          </>
        )}
        destroy={{
          verb: t.remove,
          title: t.removeTitle,
          text: t.removeText,
          act: (one) => call("DeleteEmailTemplate", { TemplateName: nameOf(one) }),
          told: (names) => t.removed(names.join(", ")),
        }}
        columns={[
          {
            id: "name",
            header: t.name,
            cell: (one) => <GoLink to={`templates/${segment(nameOf(one))}`}>{one.TemplateName}</GoLink>,
          },
          { id: "created", header: t.created, cell: (one) => <TimeText at={one.CreatedTimestamp} /> },
        ]}
      />
    </Page>
  );
}
