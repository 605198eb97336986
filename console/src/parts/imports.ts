/* Files that this browser has handed over for an import: how many lines, and to be taken away when the job has ended. */

import { send } from "../api/send";

interface Upload {
  path: string;
  total: number;
}

const key = (job: string) => `tayori.import/${job}`;

export function forgetLater(job: string, upload: Upload): void {
  try {
    sessionStorage.setItem(key(job), JSON.stringify(upload));
  } catch {}
}

export function uploadOf(job: string): Upload | null {
  try {
    return JSON.parse(sessionStorage.getItem(key(job)) ?? "null") as Upload | null;
  } catch {
    return null;
  }
}

/** Once for each job. */
export async function forget(job: string): Promise<void> {
  const upload = uploadOf(job);
  if (!upload?.path) return;
  forgetLater(job, { ...upload, path: "" });
  await send("DELETE", upload.path).catch(() => {});
}
