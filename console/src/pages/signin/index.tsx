/* Who may enter, and what each changes of their own. The pages before the sign-in are routes of the frame. */

import type { Area } from "../../frame/area";

export const area: Area = {
  links: [{ to: "users", text: ["Users and access", "ユーザーとアクセス"], needs: "administrator" }],
  routes: [
    { path: "users", lazy: () => import("./Users") },
    { path: "profile", lazy: () => import("./Profile") },
  ],
};
