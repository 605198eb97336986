/* Tenants: the list, and one with its standing, what it sends with and what suppresses for it. */

import type { Area } from "../../frame/area";

export const area: Area = {
  links: [{ to: "tenants", text: ["Tenants", "テナント"] }],
  routes: [
    { path: "tenants", lazy: () => import("./Tenants") },
    { path: "tenants/:name", lazy: () => import("./Tenant") },
  ],
};
