/* The filters above a list. They stand in the address, so that what one sees can be shared; a list asks by what stands
   there, and a field shows what is typed at once. */

import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import TextFilter from "@cloudscape-design/components/text-filter";
import { useCallback } from "react";
import { useSearchParams } from "react-router";
import { useAddressed } from "../frame/place";

export interface Filter<N extends string = string> {
  /** In the address, and of its value. */
  name: N;
  label: string;
  /** To choose from, where it is not a text; the first, which is "", filters nothing. */
  options?: readonly { value: string; label: string }[];
}

export interface Filters<N extends string = string> {
  values: Record<N, string>;
  isSet: boolean;
  clear: () => void;
  shown: readonly Filter<N>[];
}

/** `hidden`: names that stand in the address without a field of their own, as a link to the list sets them. */
export function useFilters<N extends string, H extends string = never>(
  shown: readonly Filter<N>[],
  hidden: readonly H[] = [],
): Filters<N | H> {
  const [search, setSearch] = useSearchParams();
  const names: (N | H)[] = [...shown.map((one) => one.name), ...hidden];
  const values = Object.fromEntries(names.map((name) => [name, search.get(name) ?? ""])) as Record<N | H, string>;
  const key = names.join(" ");
  const clear = useCallback(
    () =>
      setSearch(
        (given) => {
          const changed = new URLSearchParams(given);
          for (const name of key.split(" ")) changed.delete(name);
          return changed;
        },
        { replace: true },
      ),
    [setSearch, key],
  );
  return { values, isSet: names.some((name) => values[name] !== ""), clear, shown };
}

export function FilterBar({ filters }: { filters: Filters }) {
  return (
    <SpaceBetween direction="horizontal" size="xs">
      {filters.shown.map((one) =>
        one.options ? <Choice key={one.name} of={one} /> : <Text key={one.name} of={one} />,
      )}
    </SpaceBetween>
  );
}

function Text({ of }: { of: Filter }) {
  const [value, setValue] = useAddressed(of.name);
  return (
    <TextFilter
      filteringText={value}
      filteringAriaLabel={of.label}
      filteringPlaceholder={of.label}
      onChange={({ detail }) => setValue(detail.filteringText)}
    />
  );
}

function Choice({ of }: { of: Filter }) {
  const [value, setValue] = useAddressed(of.name);
  return (
    <Select
      ariaLabel={of.label}
      options={of.options ?? []}
      selectedOption={of.options?.find((one) => one.value === value) ?? null}
      onChange={({ detail }) => setValue(detail.selectedOption.value ?? "")}
    />
  );
}
