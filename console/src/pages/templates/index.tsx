/* Email templates: the list, and an editor with a preview beside it. */

import type { Area } from "../../frame/area";

export const area: Area = {
  links: [{ to: "templates", text: ["Email templates", "E メールテンプレート"] }],
  routes: [
    { path: "templates", lazy: () => import("./Templates") },
    // No template can be called so.
    { path: "templates/-/create", lazy: () => import("./Template") },
    { path: "templates/:name", lazy: () => import("./Template") },
  ],
};
