import { type Language, useLanguage } from "../frame/words";

/** Seconds since 1970 (as the API has them), an ISO text, or a Date. */
export type Moment = number | string | Date;

export function dateOf(moment: Moment): Date {
  return moment instanceof Date ? moment : new Date(typeof moment === "number" ? moment * 1000 : moment);
}

export function timeIn(language: Language, moment: Moment): string {
  return new Intl.DateTimeFormat(language === "ja" ? "ja-JP" : "en-GB", {
    dateStyle: "medium",
    timeStyle: "medium",
  }).format(dateOf(moment));
}

/** A moment in the reader's own time zone; the exact one, in UTC, on hovering. A dash where there is none. */
export function TimeText({ at }: { at: Moment | null | undefined }) {
  const language = useLanguage();
  if (at === null || at === undefined || at === "") return <>-</>;
  const date = dateOf(at);
  return (
    <time dateTime={date.toISOString()} title={date.toISOString()}>
      {timeIn(language, date)}
    </time>
  );
}
