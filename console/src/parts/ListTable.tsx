/* A list of any length as a table: how it loads, what it says when it is empty, when nothing fits and when it cannot be
   loaded, how its lines are chosen and what is done with those.

   A page states its columns, its call and its actions; the rest is the same everywhere, by keyboard and by ear, too. */

import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import { type ReactNode, useState } from "react";
import { useNotices } from "../frame/notices";
import { useRole } from "../frame/place";
import { define, useWords } from "../frame/words";
import { Destroy } from "./Destroy";
import { Empty } from "./Empty";
import { Failure } from "./Failure";
import { RoleButton } from "./RoleButton";
import { FilterBar, type Filters } from "./useFilters";
import type { Listing } from "./useListing";

const words = define({
  loading: ["Loading", "読み込み中"],
  all: ["Select all on this page", "このページのすべてを選択"],
  one: [(name: string) => `Select ${name}`, (name: string) => `${name} を選択`],
  clearFilter: ["Clear filters", "フィルターをクリア"],
});

/** The lines that are chosen, for a list's actions. */
export interface Choice<T> {
  chosen: T[];
  clear: () => void;
}

/** How the chosen lines are destroyed, by a button and after a question that names them. */
export interface Destruction<T> {
  verb: string;
  title: string;
  /** What follows from it. */
  text: ReactNode;
  act: (one: T) => Promise<unknown>;
  /** What is told afterwards. */
  told: (names: string[]) => string;
  /** Why nobody may at present. */
  blocked?: string | undefined;
  onDone?: () => void;
}

export interface ListTableProps<T> {
  /** Its heading, and its name for those who do not see it. */
  title: string;
  description?: ReactNode;
  counter?: string | undefined;
  listing: Listing<T>;
  /** What tells a line from the others. */
  id: (one: T) => string;
  /** What a line is called. Default: its id. */
  nameOf?: (one: T) => string;
  /** The first is the line's heading, where none says that it is. */
  columns: TableProps.ColumnDefinition<T>[];
  filters?: Filters;
  /** Nothing is there: what would be, and what to do about it. */
  none: { title: string; text?: ReactNode; action?: ReactNode };
  /** Nothing fits the filters. */
  noneFound?: string;
  actions?: ReactNode | ((choice: Choice<T>) => ReactNode);
  /** Whether lines can be chosen: with `destroy` they can, by those who may. */
  selects?: boolean;
  destroy?: Destruction<T>;
}

export function ListTable<T>(props: ListTableProps<T>) {
  const { title, listing, id, nameOf = id, filters, none, destroy } = props;
  const t = useWords(words);
  const { may } = useRole();
  const [chosen, setChosen] = useState<T[]>([]);
  const [asked, setAsked] = useState<T[]>([]);
  const mayDestroy = destroy !== undefined && may("administrator") && !destroy.blocked;
  const selects = props.selects ?? mayDestroy;
  const clear = () => setChosen([]);
  const actions = typeof props.actions === "function" ? props.actions({ chosen, clear }) : props.actions;
  return (
    <SpaceBetween size="m">
      <Failure failure={listing.failure} retry={listing.reload} />
      <Table<T>
        wrapLines
        loading={listing.isLoading && !listing.value}
        loadingText={t.loading}
        items={listing.items}
        trackBy={id}
        pagination={listing.pagination}
        ariaLabels={{
          tableLabel: title,
          selectionGroupLabel: title,
          allItemsSelectionLabel: () => t.all,
          itemSelectionLabel: (_, one) => t.one(nameOf(one)),
        }}
        {...(selects && {
          selectionType: "multi" as const,
          selectedItems: chosen,
          onSelectionChange: ({ detail }) => setChosen(detail.selectedItems),
        })}
        header={
          <Header
            variant="h2"
            counter={props.counter}
            description={props.description}
            actions={
              (destroy || actions) && (
                <SpaceBetween direction="horizontal" size="xs">
                  {destroy && (
                    <RoleButton
                      blocked={destroy.blocked}
                      disabled={chosen.length === 0}
                      onClick={() => setAsked(chosen)}
                    >
                      {destroy.verb}
                    </RoleButton>
                  )}
                  {actions}
                </SpaceBetween>
              )
            }
          >
            {title}
          </Header>
        }
        filter={filters && <FilterBar filters={filters} />}
        empty={<Nothing listing={listing} filters={filters} none={none} noneFound={props.noneFound} />}
        columnDefinitions={withHeading(props.columns)}
      />
      {destroy && (
        <Destroying destroy={destroy} asked={asked} nameOf={nameOf} onGone={clear} onClose={() => setAsked([])}>
          {listing.reload}
        </Destroying>
      )}
    </SpaceBetween>
  );
}

/** A list that could not be loaded is not an empty one: what is above it says so. */
function Nothing<T>({
  listing,
  filters,
  none,
  noneFound,
}: Pick<ListTableProps<T>, "listing" | "none" | "noneFound"> & { filters: Filters | undefined }) {
  const t = useWords(words);
  if (!listing.value) return null;
  if (filters?.isSet)
    return <Empty title={noneFound ?? none.title} action={<Button onClick={filters.clear}>{t.clearFilter}</Button>} />;
  return (
    <Empty title={none.title} action={none.action}>
      {none.text}
    </Empty>
  );
}

function withHeading<T>(columns: TableProps.ColumnDefinition<T>[]): TableProps.ColumnDefinition<T>[] {
  if (columns.some((one) => one.isRowHeader)) return columns;
  return columns.map((one, at) => (at === 0 ? { ...one, isRowHeader: true } : one));
}

interface DestroyingProps<T> {
  destroy: Destruction<T>;
  asked: T[];
  nameOf: (one: T) => string;
  onGone: () => void;
  onClose: () => void;
  children: () => Promise<void>;
}

/** One after the other. Where one of them fails, those before it are gone: the list is asked for again either way. */
function Destroying<T>({ destroy, asked, nameOf, onGone, onClose, children: reload }: DestroyingProps<T>) {
  const { tell } = useNotices();
  const names = asked.map(nameOf);
  return (
    <Destroy
      visible={asked.length > 0}
      title={destroy.title}
      verb={destroy.verb}
      names={names}
      act={async () => {
        for (const one of asked) await destroy.act(one);
      }}
      onClose={(done) => {
        onClose();
        onGone();
        if (done) tell("success", destroy.told(names));
        void reload();
        destroy.onDone?.();
      }}
    >
      {destroy.text}
    </Destroy>
  );
}
