/* The account: how it stands, what to do first, and how it leaves the sandbox. */

import type { Area } from "../../frame/area";

export const area: Area = {
  links: [
    { to: "dashboard", text: ["Account dashboard", "アカウントダッシュボード"] },
    { to: "production-access", text: ["Production access", "本稼働アクセス"] },
    { to: "reviews", text: ["Access reviews", "本稼働アクセスの審査"], needs: "operator" },
  ],
  routes: [
    { path: "dashboard", lazy: () => import("./Dashboard") },
    { path: "production-access", lazy: () => import("./ProductionAccess") },
    { path: "reviews", lazy: () => import("./Reviews") },
  ],
};
