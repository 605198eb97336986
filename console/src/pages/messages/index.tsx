/* What became of each mail: search, one message's timeline, and events as they happen. */

import type { Area } from "../../frame/area";

export const area: Area = {
  links: [
    { to: "messages", text: ["Messages", "メッセージ"] },
    { to: "messages-live", text: ["Live tail", "ライブテール"] },
  ],
  routes: [
    { path: "messages", lazy: () => import("./Messages") },
    { path: "messages/:id", lazy: () => import("./Message") },
    { path: "messages-live", lazy: () => import("./Tail") },
  ],
};
