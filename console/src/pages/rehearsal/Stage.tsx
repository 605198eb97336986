/* What every page of the rehearsal has: the note that nothing of it is real, and the gate for those who are operators. */

import Alert from "@cloudscape-design/components/alert";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";
import { Page, type PageProps } from "../../frame/page";
import { useRole } from "../../frame/place";
import { useSession } from "../../frame/session";
import { useWords } from "../../frame/words";
import { words } from "./words";

/** `children` is a function, so that nothing is asked for by somebody who may not. */
export function Stage({ children, ...page }: Omit<PageProps, "children"> & { children: () => ReactNode }) {
  const t = useWords(words);
  const { rehearsal } = useSession();
  const may = useRole().may("operator");
  const isOpen = rehearsal && may;
  return (
    <Page {...page} actions={isOpen ? page.actions : undefined}>
      {isOpen ? (
        <SpaceBetween size="l">
          <Alert type="info">{t.notReal}</Alert>
          {children()}
        </SpaceBetween>
      ) : (
        <Alert type="warning" header={rehearsal ? t.operatorsOnly : t.noRehearsal}>
          {rehearsal ? t.operatorsOnlyText : t.noRehearsalText}
        </Alert>
      )}
    </Page>
  );
}
