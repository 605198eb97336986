import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import { define, useWords } from "../frame/words";

const words = define({
  copy: ["Copy", "コピー"],
  copyOf: [(name: string) => `Copy ${name}`, (name: string) => `${name}をコピー`],
  copied: ["Copied", "コピーしました"],
  failed: ["Could not be copied", "コピーできませんでした"],
});

/** A value with a button that copies it. `name` says of what, for those who do not see where the button stands. */
export function CopyText({ text, name, shown }: { text: string; name: string; shown?: string }) {
  const t = useWords(words);
  return (
    <CopyToClipboard
      variant="inline"
      textToCopy={text}
      textToDisplay={shown ?? text}
      copyButtonAriaLabel={t.copyOf(name)}
      copySuccessText={t.copied}
      copyErrorText={t.failed}
    />
  );
}

/** Only the button. */
export function CopyButton({ text, name }: { text: string; name: string }) {
  const t = useWords(words);
  return (
    <CopyToClipboard
      variant="icon"
      textToCopy={text}
      copyButtonAriaLabel={t.copyOf(name)}
      copySuccessText={t.copied}
      copyErrorText={t.failed}
    />
  );
}
