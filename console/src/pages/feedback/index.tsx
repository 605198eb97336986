/* The suppression list, and who would tell of a complaint. */

import type { Area } from "../../frame/area";

export const area: Area = {
  links: [
    { to: "suppression", text: ["Suppression list", "抑制リスト"] },
    { to: "feedback-loops", text: ["Feedback loops", "フィードバックループ"] },
  ],
  routes: [
    { path: "suppression", lazy: () => import("./Suppression") },
    { path: "feedback-loops", lazy: () => import("./Loops") },
    { path: "feedback-loops/:id", lazy: () => import("./Loop") },
  ],
};
