/* Contact lists, their topics, and their contacts. */

import type { Area } from "../../frame/area";

export const area: Area = {
  links: [{ to: "contact-lists", text: ["Contact lists", "連絡先リスト"] }],
  routes: [
    { path: "contact-lists", lazy: () => import("./Lists") },
    { path: "contact-lists/:name", lazy: () => import("./List") },
    { path: "contact-lists/:name/contacts/:address", lazy: () => import("./Contact") },
  ],
};
