/* Topics, subscriptions, webhooks, and what could not be delivered to them. */

import type { Area } from "../../frame/area";

export const area: Area = {
  links: [
    { to: "topics", text: ["Topics", "トピック"] },
    { to: "subscriptions", text: ["Subscriptions", "サブスクリプション"] },
    { to: "webhooks", text: ["Webhooks", "Webhook"] },
    { to: "undelivered", text: ["Undelivered notifications", "未配信の通知"] },
  ],
  routes: [
    { path: "topics", lazy: () => import("./Topics") },
    { path: "topics/-/create", lazy: () => import("./NewTopic") },
    { path: "topics/:arn", lazy: () => import("./Topic") },
    { path: "subscriptions", lazy: () => import("./Subscriptions") },
    { path: "subscriptions/-/create", lazy: () => import("./NewSubscription") },
    { path: "subscriptions/:arn", lazy: () => import("./Subscription") },
    { path: "webhooks", lazy: () => import("./Webhooks") },
    { path: "webhooks/-/create", lazy: () => import("./NewWebhook") },
    { path: "webhooks/:id", lazy: () => import("./Webhook") },
    { path: "undelivered", lazy: () => import("./Undelivered") },
  ],
};
