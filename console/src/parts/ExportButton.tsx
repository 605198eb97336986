/* A whole list as a file, fetched a thousand lines at a time while it is said how far it has come. */

import ButtonDropdown from "@cloudscape-design/components/button-dropdown";
import { useRef } from "react";
import { save, tayori, withQuery } from "../api/client";
import { useNotices } from "../frame/notices";
import { useLanguage, useWords } from "../frame/words";
import { sentenceOf } from "./Failure";
import { words } from "./listFileWords";
import { useAction } from "./useAction";

interface Piece {
  text: string;
  count: number;
  next: string | null;
}

export function ExportButton({
  path,
  query = {},
  name,
  disabled,
  disabledReason,
}: {
  path: string;
  query?: Record<string, string>;
  /** Of the file, without its ending. */
  name: string;
  disabled?: boolean;
  disabledReason?: string | undefined;
}) {
  const t = useWords(words);
  const language = useLanguage();
  const { tell } = useNotices();
  const id = useRef(`export-${name}`).current;
  const exporting = useAction(async (format: string) => {
    try {
      const pieces: string[] = [];
      let count = 0;
      let from = "";
      do {
        tell("in-progress", t.exporting(count), { id });
        const piece: Piece = await tayori<Piece>("GET", withQuery(path, { ...query, format, from }));
        pieces.push(piece.text);
        count += piece.count;
        from = piece.next ?? "";
      } while (from);
      save(pieces.join(""), `${name}.${format}`, format === "csv" ? "text/csv" : "application/json");
      tell("success", t.exported(count), { id });
    } catch (failure) {
      tell("error", await sentenceOf(failure, language), { id });
    }
  });
  return (
    <ButtonDropdown
      loading={exporting.isRunning}
      disabled={Boolean(disabled)}
      disabledReason={disabledReason}
      items={[
        { id: "csv", text: t.exportAs("CSV") },
        { id: "json", text: t.exportAs("JSON") },
      ]}
      onItemClick={({ detail }) => void exporting.run(detail.id)}
    >
      {t.export}
    </ButtonDropdown>
  );
}
