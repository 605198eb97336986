/* What was done, what is set, and whose accounts there are. */

import type { Area } from "../../frame/area";

export const area: Area = {
  links: [
    { to: "audit", text: ["Audit log", "監査ログ"], needs: "administrator" },
    { to: "accounts", text: ["Accounts", "アカウント"], needs: "operator" },
    { to: "settings", text: ["Settings", "サービスの設定"], needs: "operator" },
  ],
  routes: [
    { path: "audit", lazy: () => import("./Audit") },
    { path: "accounts", lazy: () => import("./Accounts") },
    { path: "settings", lazy: () => import("./Settings") },
  ],
};
