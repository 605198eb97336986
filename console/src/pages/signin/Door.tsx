/* What the pages for people who are not signed in have around them. */

import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { type ReactNode, useEffect } from "react";
import { useAppearance } from "../../frame/appearance";
import { BASE } from "../../frame/place";
import { useWords } from "../../frame/words";
import { words } from "./words";

export function Door({ title, children }: { title: string; children: ReactNode }) {
  const t = useWords(words);
  const { language, choose } = useAppearance();
  useEffect(() => {
    document.title = `${title} - Tayori`;
  }, [title]);
  return (
    <main style={{ maxWidth: "28rem", margin: "0 auto", padding: "3rem 1rem" }}>
      <SpaceBetween size="l">
        <Box textAlign="center">
          <img src={`${BASE}/tayori.svg`} alt="Tayori" width="48" height="48" />
        </Box>
        {children}
        <Box textAlign="center">
          <span lang={language === "en" ? "ja" : "en"}>
            <Button variant="link" onClick={() => choose({ language: language === "en" ? "ja" : "en" })}>
              {t.otherLanguage}
            </Button>
          </span>
        </Box>
      </SpaceBetween>
    </main>
  );
}
