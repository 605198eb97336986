/* What waits, and why: by destination, and recipient by recipient. */

import type { Area } from "../../frame/area";

export const area: Area = {
  links: [{ to: "queue", text: ["Queue", "キュー"] }],
  routes: [
    { path: "queue", lazy: () => import("./Queue") },
    { path: "queue/:domain", lazy: () => import("./Destination") },
  ],
};
