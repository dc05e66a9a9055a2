import { useMemo } from "preact/hooks";
import { toBlocks } from "./markdownBlocks";

/** Markdown in blocks: while a text grows, the blocks before its end stay the same elements. */
export function Markdown({ text }: { text: string }) {
  const blocks = useMemo(() => toBlocks(text), [text]);
  return (
    <div class="prose">
      {blocks.map((html, index) => (
        // biome-ignore lint/security/noDangerouslySetInnerHtml: toBlocks sanitises
        <div key={index} dangerouslySetInnerHTML={{ __html: html }} />
      ))}
    </div>
  );
}
