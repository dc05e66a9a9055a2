import { useMemo, useRef } from "preact/hooks";
import { type GrowingText, growBlocks, toBlocks } from "./markdownBlocks";

/** Markdown in blocks. */
export function Markdown({ text }: { text: string }) {
  const blocks = useMemo(() => toBlocks(text), [text]);
  return <Blocks blocks={blocks} />;
}

/** Of a text that grows, where the blocks before its end stay the same elements and are not read again. */
export function GrowingMarkdown({ text }: { text: string }) {
  const known = useRef<GrowingText | null>(null);
  if (known.current?.text !== text) {
    known.current = growBlocks(known.current, text);
  }
  return <Blocks blocks={known.current.blocks} />;
}

function Blocks({ blocks }: { blocks: string[] }) {
  return (
    <div class="prose">
      {blocks.map((html, index) => (
        // biome-ignore lint/security/noDangerouslySetInnerHtml: markdownBlocks sanitises
        <div key={index} dangerouslySetInnerHTML={{ __html: html }} />
      ))}
    </div>
  );
}
