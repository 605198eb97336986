/* What a page tells the layout around it: title, breadcrumbs, help panel. */

import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import HelpPanel from "@cloudscape-design/components/help-panel";
import Link from "@cloudscape-design/components/link";
import { createContext, type ReactNode, useContext, useEffect, useLayoutEffect } from "react";
import { define, useWords } from "./words";

export interface Crumb {
  text: string;
  /** Below the place; the last has none. */
  to?: string;
}

export interface Told {
  title: string;
  crumbs: Crumb[];
  help: ReactNode;
  isWide: boolean;
}

interface Stage {
  tell: (told: Told) => void;
  openHelp: () => void;
}

export const StageContext = createContext<Stage>({ tell: () => {}, openHelp: () => {} });

const words = define({
  info: ["Info", "情報"],
  infoOf: [(title: string) => `Info: ${title}`, (title: string) => `情報: ${title}`],
});

export interface PageProps {
  title: string;
  /** Shown in place of the title at the top of the page where that has more, such as a badge. */
  heading?: ReactNode;
  description?: ReactNode;
  actions?: ReactNode;
  /** The pages above this one, the area's list first. */
  above?: Crumb[];
  /** The help panel: see `HelpText`. */
  help?: ReactNode;
  /** Of a page whose content brings its own first heading, as a wizard does. */
  hasOwnHeading?: boolean;
  /** Of a page whose table uses whatever room there is; text keeps lines that can be read. */
  wide?: boolean;
  children: ReactNode;
}

/** A page within the layout. */
export function Page(props: PageProps) {
  const { title, heading, description, actions, above = [], help, hasOwnHeading, wide = false, children } = props;
  const stage = useContext(StageContext);
  const t = useWords(words);
  const crumbs = [...above, { text: title }];
  const key = JSON.stringify(crumbs);
  useLayoutEffect(() => {
    stage.tell({ title, crumbs, help: help ?? null, isWide: wide });
  }, [stage, title, key, help, wide]);
  useEffect(() => {
    document.title = `${title} - Tayori`;
  }, [title]);
  if (hasOwnHeading) return <ContentLayout>{children}</ContentLayout>;
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          description={description}
          actions={actions}
          info={
            help ? (
              <Link variant="info" onFollow={stage.openHelp} ariaLabel={t.infoOf(title)}>
                {t.info}
              </Link>
            ) : undefined
          }
        >
          {heading ?? title}
        </Header>
      }
    >
      {children}
    </ContentLayout>
  );
}

/** The content of a help panel: what SES means by it, then what goes wrong, in paragraphs. */
export function HelpText({ title, children }: { title: string; children: ReactNode }) {
  return <HelpPanel header={<h2>{title}</h2>}>{children}</HelpPanel>;
}
