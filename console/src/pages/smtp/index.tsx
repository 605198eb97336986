/* How programs hand in mail: endpoints, credentials, ready programs. */

import type { Area } from "../../frame/area";

export const area: Area = {
  links: [{ to: "smtp", text: ["SMTP settings", "SMTP 設定"] }],
  routes: [{ path: "smtp", lazy: () => import("./Settings") }],
};
