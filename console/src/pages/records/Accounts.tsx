import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useState } from "react";
import { useNavigate } from "react-router";
import { tayori, withQuery } from "../../api/client";
import { useNotices } from "../../frame/notices";
import { Page } from "../../frame/page";
import { BASE, segment, usePlace, useRole } from "../../frame/place";
import { useSessionHolder } from "../../frame/session";
import { useWords } from "../../frame/words";
import { FormDialog } from "../../parts/FormDialog";
import { ListTable } from "../../parts/ListTable";
import { TimeText } from "../../parts/TimeText";
import { useAction } from "../../parts/useAction";
import { useFilters } from "../../parts/useFilters";
import { useListing } from "../../parts/useListing";
import { Help } from "./help";
import { words } from "./words";

interface Account {
  id: string;
  name: string;
  created_at: string;
  production_access: boolean;
  sending_enabled: boolean;
  enforcement_status: string;
  review_status: string | null;
  identities: number;
  credentials: number;
  sent_24_hours: number;
}

const PATH = "/tayori/accounts";
const help = <Help of="accounts" />;

export function Component() {
  const t = useWords(words);
  const { may } = useRole();
  const [isCreating, setCreating] = useState(false);
  const isOperator = may("operator");
  return (
    <Page
      title={t.accounts}
      description={t.accountsAbout}
      help={help}
      wide
      actions={
        <Button variant="primary" disabled={!isOperator} onClick={() => setCreating(true)}>
          {t.createAccount}
        </Button>
      }
    >
      {isOperator ? (
        <All isCreating={isCreating} onCreated={() => setCreating(false)} />
      ) : (
        <Alert type="info" header={t.forbiddenTitle}>
          {t.needsOperator}
        </Alert>
      )}
    </Page>
  );
}

function All({ isCreating, onCreated }: { isCreating: boolean; onCreated: () => void }) {
  const t = useWords(words);
  const { region } = usePlace();
  const navigate = useNavigate();
  const { tell } = useNotices();
  const { reload } = useSessionHolder();
  const filters = useFilters([{ name: "like", label: t.findAccount }]);
  const { like } = filters.values;
  const [renaming, setRenaming] = useState<Account | null>(null);
  const accounts = useListing<Account>(
    async (behind, signal) => {
      const path = withQuery(PATH, { like, behind });
      const found = await tayori<{ accounts: Account[]; next: string | null }>("GET", path, undefined, signal);
      return { items: found.accounts, next: found.next };
    },
    [like],
  );
  const changed = async (text: string) => {
    tell("success", text);
    await Promise.all([accounts.reload(), reload()]);
  };
  return (
    <SpaceBetween size="s">
      <ListTable
        title={t.accounts}
        listing={accounts}
        id={(one) => one.id}
        filters={filters}
        none={{ title: t.noAccounts }}
        columns={[
          {
            id: "name",
            minWidth: 140,
            header: t.name,
            cell: (one) => (
              <Link
                href={`${BASE}/${one.id}/${region}/dashboard`}
                ariaLabel={t.open(one.name)}
                onFollow={(event) => {
                  event.preventDefault();
                  navigate(`/${one.id}/${region}/dashboard`);
                }}
              >
                {one.name}
              </Link>
            ),
          },
          { id: "id", minWidth: 140, header: t.accountId, cell: (one) => one.id },
          { id: "access", minWidth: 150, header: t.access, cell: (one) => <Access of={one} /> },
          { id: "sending", minWidth: 120, header: t.sending, cell: (one) => <Sending of={one} /> },
          { id: "sent", minWidth: 120, header: t.sent, cell: (one) => one.sent_24_hours.toLocaleString() },
          { id: "identities", minWidth: 90, header: t.identities, cell: (one) => one.identities },
          { id: "credentials", minWidth: 100, header: t.credentials, cell: (one) => one.credentials },
          { id: "created", minWidth: 180, header: t.created, cell: (one) => <TimeText at={one.created_at} /> },
          {
            id: "actions",
            minWidth: 110,
            header: t.actions,
            cell: (one) => (
              <Button variant="inline-link" ariaLabel={t.renameOf(one.name)} onClick={() => setRenaming(one)}>
                {t.rename}
              </Button>
            ),
          },
        ]}
      />
      {isCreating && (
        <Naming
          title={t.createAccount}
          verb={t.createAccount}
          name=""
          act={(name) => tayori("POST", PATH, { name })}
          onClose={(name) => {
            onCreated();
            if (name) void changed(t.accountCreated(name));
          }}
        />
      )}
      {renaming && (
        <Naming
          title={t.renameOf(renaming.name)}
          verb={t.save}
          name={renaming.name}
          act={(name) => tayori("PATCH", `${PATH}/${segment(renaming.id)}`, { name })}
          onClose={(name) => {
            setRenaming(null);
            if (name) void changed(t.accountRenamed(name));
          }}
        />
      )}
    </SpaceBetween>
  );
}

function Access({ of }: { of: Account }) {
  const t = useWords(words);
  const access = of.production_access ? (
    <StatusIndicator type="success">{t.production}</StatusIndicator>
  ) : (
    <StatusIndicator type="info">{t.sandbox}</StatusIndicator>
  );
  return of.review_status === "PENDING" ? (
    <SpaceBetween size="xxs">
      {access}
      <StatusIndicator type="pending">{t.review(of.review_status)}</StatusIndicator>
    </SpaceBetween>
  ) : (
    access
  );
}

function Sending({ of }: { of: Account }) {
  const t = useWords(words);
  if (of.enforcement_status === "SHUTDOWN") return <StatusIndicator type="error">{t.shutDown}</StatusIndicator>;
  if (!of.sending_enabled) return <StatusIndicator type="stopped">{t.paused}</StatusIndicator>;
  return <StatusIndicator type="success">{t.enabled}</StatusIndicator>;
}

interface NamingProps {
  title: string;
  verb: string;
  name: string;
  act: (name: string) => Promise<unknown>;
  onClose: (done: string) => void;
}

function Naming({ title, verb, name, act, onClose }: NamingProps) {
  const t = useWords(words);
  const [typed, setTyped] = useState(name);
  const [fault, setFault] = useState("");
  const action = useAction(async () => {
    await act(typed.trim());
    onClose(typed.trim());
  });
  const go = () => {
    const isGood = typed.trim().length >= 1 && typed.length <= 100;
    setFault(isGood ? "" : t.nameFault);
    if (isGood) void action.run();
  };
  return (
    <FormDialog title={title} verb={verb} action={action} onSubmit={go} onCancel={() => onClose("")}>
      <FormField label={t.name} constraintText={t.nameHint} errorText={fault}>
        <Input value={typed} autoComplete={false} onChange={({ detail }) => setTyped(detail.value)} />
      </FormField>
    </FormDialog>
  );
}
