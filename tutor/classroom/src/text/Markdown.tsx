import type { RefObject } from "preact";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { type GrowingText, growBlocks, toBlocks } from "./markdownBlocks";

/**
 * The last text that grew, and what it was drawn in. Once it is stored, its elements go on there: to
 * read all of it again and to build it anew would take a long task.
 */
let grown: { text: GrowingText; element: HTMLElement | null } | null = null;

/** Markdown in blocks. */
export function Markdown({ text }: { text: string }) {
  const drawn = useMemo(() => takeGrown(text) ?? toBlocks(text), [text]);
  return Array.isArray(drawn) ? <Blocks blocks={drawn} /> : <Moved key={text} from={drawn} />;
}

function takeGrown(text: string): HTMLElement | null {
  const element = grown?.text.text === text && !grown.text.isPlain ? grown.element : null;
  if (element) {
    grown = null;
  }
  return element;
}

function forget(gone: typeof grown): void {
  if (grown === gone) {
    grown = null;
  }
}

/** What was drawn in an element that is not on the page any more. */
function Moved({ from }: { from: HTMLElement }) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => box.current?.replaceChildren(...from.childNodes), [from]);
  return <div class="prose" ref={box} />;
}

/** Of a text that grows, where the blocks before its end stay the same elements and are not read again. */
export function GrowingMarkdown({ text }: { text: string }) {
  const known = useRef<GrowingText | null>(null);
  const box = useRef<HTMLDivElement | null>(null);
  if (known.current?.text !== text) {
    known.current = growBlocks(known.current, text);
  }
  const now = known.current;
  useLayoutEffect(() => {
    const mine = { text: now, element: box.current };
    grown = mine;
    // What takes it over may be drawn after this goes, but in the same task.
    return () => queueMicrotask(() => forget(mine));
  }, [now]);
  return <Blocks blocks={now.blocks} box={box} />;
}

function Blocks({ blocks, box }: { blocks: string[]; box?: RefObject<HTMLDivElement | null> }) {
  return (
    <div class="prose" ref={box ?? null}>
      {blocks.map((html, index) => (
        // biome-ignore lint/security/noDangerouslySetInnerHtml: markdownBlocks sanitises
        <div key={index} dangerouslySetInnerHTML={{ __html: html }} />
      ))}
    </div>
  );
}
