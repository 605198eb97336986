/* The frame around every page of somebody who is signed in: top bar, side navigation, breadcrumbs, notices, help. */

import Alert from "@cloudscape-design/components/alert";
import AppLayout from "@cloudscape-design/components/app-layout";
import BreadcrumbGroup from "@cloudscape-design/components/breadcrumb-group";
import SideNavigation, { type SideNavigationProps } from "@cloudscape-design/components/side-navigation";
import TopNavigation, { type TopNavigationProps } from "@cloudscape-design/components/top-navigation";
import { Suspense, useCallback, useEffect, useLayoutEffect, useMemo, useState } from "react";
import { Outlet, useLocation, useNavigate } from "react-router";
import { stand } from "../api/send";
import { useAppearance } from "./appearance";
import { headings, sections } from "./areas";
import { NoticeBar } from "./notices";
import { StageContext, type Told } from "./page";
import { BASE, useGo, useHref, usePlace, useRole } from "./place";
import { useSession, useSessionHolder } from "./session";
import { define, useText, useWords } from "./words";

const words = define({
  product: ["Tayori", "Tayori"],
  rehearsalMark: ["Rehearsal", "リハーサル"],
  navigation: ["Side navigation", "サイドナビゲーション"],
  openNavigation: ["Open side navigation", "サイドナビゲーションを開く"],
  closeNavigation: ["Close side navigation", "サイドナビゲーションを閉じる"],
  help: ["Help panel", "ヘルプパネル"],
  openHelp: ["Open help panel", "ヘルプパネルを開く"],
  closeHelp: ["Close help panel", "ヘルプパネルを閉じる"],
  notices: ["Notifications", "通知"],
  breadcrumbs: ["Breadcrumbs", "パンくずリスト"],
  language: ["Language", "言語"],
  otherLanguage: ["日本語", "English"],
  toDark: ["Dark mode", "ダークモード"],
  toLight: ["Light mode", "ライトモード"],
  region: ["Region", "リージョン"],
  account: ["Account", "アカウント"],
  allAccounts: ["All accounts", "すべてのアカウント"],
  signOut: ["Sign out", "サインアウト"],
  profile: ["Your profile", "プロフィール"],
  rehearsal: ["Rehearsal: no mail leaves this machine", "リハーサル: メールはこのマシンの外へ送信されません"],
  more: ["More", "その他"],
  back: ["Back", "戻る"],
  dismiss: ["Close menu", "メニューを閉じる"],
  noAccount: ["This account is not yours to see", "このアカウントを表示する権限がありません"],
  noAccountText: [
    "You are signed in, but this address belongs to an account that you were not given access to. Choose another account at the top of the page, or ask an administrator of that account.",
    "サインインしていますが、このアドレスのアカウントへのアクセス権がありません。ページ上部で別のアカウントを選択するか、そのアカウントの管理者に依頼してください。",
  ],
});

export function Component() {
  const place = usePlace();
  const session = useSession();
  // Before any page below asks for anything.
  useMemo(() => stand({ account: place.account, region: place.region }), [place.account, place.region]);
  const isKnown = session.user.operator || session.accounts.some((one) => one.id === place.account);
  const [told, setTold] = useState<Told>({ title: "", crumbs: [], help: null, isWide: false });
  const [helpOpen, setHelpOpen] = useState(false);
  const [navigationOpen, setNavigationOpen] = useState(() => window.innerWidth > 1000);
  const openHelp = useCallback(() => setHelpOpen(true), []);
  const stage = useMemo(() => ({ tell: setTold, openHelp }), [openHelp]);
  const t = useWords(words);
  const { pathname } = useLocation();
  useLayoutEffect(() => {
    window.scrollTo(0, 0); // what it returns in newer browsers, a promise, is no clean-up
  }, [pathname]);
  // The design system gives the closed navigation of narrow windows an orientation, which a landmark cannot have.
  useEffect(() => {
    const nav = document.querySelector("nav[aria-orientation]");
    nav?.removeAttribute("aria-orientation");
  });
  return (
    <StageContext.Provider value={stage}>
      <Top />
      <AppLayout
        headerSelector="#top"
        contentType={told.isWide ? "table" : "default"}
        navigation={<Side />}
        navigationOpen={navigationOpen}
        onNavigationChange={({ detail }) => setNavigationOpen(detail.open)}
        breadcrumbs={<Crumbs told={told} />}
        notifications={<NoticeBar />}
        tools={told.help}
        toolsHide={!told.help}
        toolsOpen={helpOpen && Boolean(told.help)}
        onToolsChange={({ detail }) => setHelpOpen(detail.open)}
        ariaLabels={{
          navigation: t.navigation,
          navigationToggle: t.openNavigation,
          navigationClose: t.closeNavigation,
          tools: t.help,
          toolsToggle: t.openHelp,
          toolsClose: t.closeHelp,
          notifications: t.notices,
        }}
        content={
          isKnown ? (
            <Suspense fallback={null}>
              {/* A change of account or region is another world: nothing of the page before is kept. */}
              <Outlet key={`${place.account}/${place.region}`} />
            </Suspense>
          ) : (
            <Alert type="error" header={t.noAccount}>
              {t.noAccountText}
            </Alert>
          )
        }
      />
    </StageContext.Provider>
  );
}

function Crumbs({ told }: { told: Told }) {
  const href = useHref();
  const go = useGo();
  const t = useWords(words);
  const items = [
    { text: t.product, href: href("dashboard"), to: "dashboard" },
    ...told.crumbs.map((one) => ({ text: one.text, href: one.to === undefined ? "#" : href(one.to), to: one.to })),
  ];
  return (
    <BreadcrumbGroup
      ariaLabel={t.breadcrumbs}
      items={items}
      onFollow={(event) => {
        event.preventDefault();
        const to = items.find((one) => one.href === event.detail.href)?.to;
        if (to !== undefined) go(to);
      }}
    />
  );
}

function Side() {
  const t = useWords(words);
  const text = useText();
  const href = useHref();
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const { may } = useRole();
  const session = useSession();
  const items: SideNavigationProps.Item[] = sections.flatMap((section) => {
    const links = section.areas
      .flatMap((area) => area.links)
      .filter((link) => may(link.needs ?? "viewer") && (session.rehearsal || !link.onlyInRehearsal));
    if (links.length === 0) return [];
    const group: SideNavigationProps.Section = {
      type: "section",
      text: text(headings[section.heading]),
      items: links.map((link) => ({ type: "link", text: text(link.text), href: href(link.to) })),
    };
    return [group];
  });
  const here = items
    .flatMap((item) => ("items" in item ? item.items : []))
    .map((item) => ("href" in item ? (item.href ?? "") : ""))
    .filter((address) => `${BASE}${pathname}/`.startsWith(`${address}/`))
    .sort((a, b) => b.length - a.length)[0];
  return (
    <SideNavigation
      header={{ text: t.product, href: href("dashboard") }}
      activeHref={here ?? ""}
      items={items}
      onFollow={(event) => {
        if (event.detail.external) return;
        event.preventDefault();
        navigate(event.detail.href.slice(BASE.length));
      }}
    />
  );
}

function Top() {
  const t = useWords(words);
  const session = useSession();
  const { signOut } = useSessionHolder();
  const { language, isDark, choose } = useAppearance();
  const { account, region } = usePlace();
  const navigate = useNavigate();
  const href = useHref();
  const go = useGo();
  const page = useLocation().pathname.split("/")[3] ?? "dashboard";
  const named = (id: string) => session.accounts.find((one) => one.id === id)?.name || id;
  const utilities: TopNavigationProps.Utility[] = [
    {
      type: "button",
      text: t.otherLanguage,
      ariaLabel: t.otherLanguage,
      onClick: () => choose({ language: language === "en" ? "ja" : "en" }),
    },
    {
      type: "button",
      iconSvg: isDark ? <SunIcon /> : <MoonIcon />,
      ariaLabel: isDark ? t.toLight : t.toDark,
      title: isDark ? t.toLight : t.toDark,
      onClick: () => choose({ theme: isDark ? "light" : "dark" }),
    },
    {
      type: "menu-dropdown",
      text: region,
      ariaLabel: `${t.region}: ${region}`,
      description: t.region,
      items: session.regions.map((one) => ({ id: one, text: one, disabled: one === region })),
      onItemClick: ({ detail }) => navigate(`/${account}/${detail.id}/${page}`),
    },
    {
      type: "menu-dropdown",
      text: named(account),
      ariaLabel: `${t.account}: ${named(account)}`,
      description: t.account,
      items: [
        ...session.accounts.map((one) => ({ id: one.id, text: one.name || one.id, description: one.id })),
        // However many there are: their page searches them.
        ...(session.user.operator ? [{ id: "all", text: t.allAccounts }] : []),
      ],
      onItemClick: ({ detail }) =>
        detail.id === "all" ? go("accounts") : navigate(`/${detail.id}/${region}/dashboard`),
    },
    {
      type: "menu-dropdown",
      iconName: "user-profile",
      text: session.user.displayName || session.user.name,
      ariaLabel: session.user.displayName || session.user.name,
      description: session.user.name,
      items: [
        { id: "profile", text: t.profile },
        { id: "sign-out", text: t.signOut },
      ],
      onItemClick: ({ detail }) => (detail.id === "sign-out" ? void signOut() : go("profile")),
    },
  ];
  return (
    <div id="top" style={{ position: "sticky", top: 0, zIndex: 1002 }}>
      <TopNavigation
        identity={{
          href: href("dashboard"),
          logo: { src: `${BASE}/tayori.svg`, alt: t.product },
          onFollow: (event) => {
            event.preventDefault();
            go("dashboard");
          },
        }}
        utilities={utilities}
        i18nStrings={{
          searchIconAriaLabel: "",
          searchDismissIconAriaLabel: "",
          overflowMenuTriggerText: t.more,
          overflowMenuTitleText: t.more,
          overflowMenuBackIconAriaLabel: t.back,
          overflowMenuDismissIconAriaLabel: t.dismiss,
        }}
      />
      {session.rehearsal && (
        <aside className="rehearsal" aria-label={t.rehearsalMark}>
          {t.rehearsal}
        </aside>
      )}
    </div>
  );
}

function SunIcon() {
  return (
    <svg viewBox="0 0 16 16" focusable="false" aria-hidden="true">
      <circle cx="8" cy="8" r="3" />
      <path d="M8 1v2M8 13v2M1 8h2M13 8h2M3 3l1.5 1.5M11.5 11.5 13 13M3 13l1.5-1.5M11.5 4.5 13 3" />
    </svg>
  );
}

function MoonIcon() {
  return (
    <svg viewBox="0 0 16 16" focusable="false" aria-hidden="true">
      <path d="M13 10.2A6 6 0 0 1 5.8 3a6 6 0 1 0 7.2 7.2Z" />
    </svg>
  );
}
