/* The routes of all areas, below the place; and those for people who are not signed in. */

import { createBrowserRouter, Navigate, Outlet, type RouteObject, useLocation } from "react-router";
import { AppearanceProvider } from "./appearance";
import { sections } from "./areas";
import { NoticesProvider } from "./notices";
import { BASE } from "./place";
import { SessionProvider, useSessionHolder } from "./session";
import { Broken, Missing, Unreachable } from "./trouble";

export const placed: RouteObject[] = sections.flatMap((section) => section.areas).flatMap((area) => area.routes);

function Root() {
  return (
    <SessionProvider>
      <AppearanceProvider>
        <NoticesProvider>
          <Outlet />
        </NoticesProvider>
      </AppearanceProvider>
    </SessionProvider>
  );
}

/** What only somebody who is signed in sees; others are asked who they are, and come back here. */
function Guarded() {
  const { session, failure, reload } = useSessionHolder();
  const { pathname, search } = useLocation();
  if (failure !== null) return <Unreachable failure={failure} retry={reload} />;
  if (session === null) return null;
  if (session.signedIn) return <Outlet />;
  const to = pathname === "/" ? "/sign-in" : `/sign-in?to=${encodeURIComponent(pathname + search)}`;
  return <Navigate to={to} replace />;
}

/** No place given: the first account, in the service's own region. */
function Start() {
  const { session } = useSessionHolder();
  if (!session?.signedIn) return null;
  const account = session.accounts[0];
  return account ? <Navigate to={`/${account.id}/${session.region}/dashboard`} replace /> : <Missing />;
}

export const router = createBrowserRouter(
  [
    {
      element: <Root />,
      errorElement: <Broken />,
      hydrateFallbackElement: <></>,
      children: [
        { path: "sign-in", lazy: () => import("../pages/signin/SignIn") },
        { path: "first-user/:token", lazy: () => import("../pages/signin/ByLink") },
        { path: "invitation/:token", lazy: () => import("../pages/signin/ByLink") },
        {
          element: <Guarded />,
          children: [
            { index: true, element: <Start /> },
            {
              path: ":account/:region",
              lazy: () => import("./layout"),
              children: [{ errorElement: <Broken />, children: [...placed, { path: "*", element: <Missing /> }] }],
            },
            { path: "*", element: <Missing /> },
          ],
        },
      ],
    },
  ],
  { basename: BASE },
);
