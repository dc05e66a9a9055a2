// The tutor's Markdown as safe HTML. Two fences: markdown-it passes no HTML through, and DOMPurify
// lets only these few tags stand. Images are off: an address in one could carry text away.

import DOMPurify from "dompurify";
import MarkdownIt from "markdown-it";
import { codeToHtml } from "../editor/highlight";

const TAGS = [
  ..."p br hr strong em s del code pre ul ol li blockquote a span div button".split(" "),
  ..."h1 h2 h3 h4 h5 h6 table thead tbody tr th td".split(" "),
];
const PLAIN_ATTRIBUTES = ["class", "target", "rel", "type", "start", "tabindex"];
// Rendered blocks are kept, for a stored answer has those that it had while it was written.
const KEPT_BLOCKS = 400;
// Of a text that grows so many may change, at its end.
const UNSETTLED_BLOCKS = 2;
// In characters: a program that grows beyond this gets its colours when it is whole, and a longer one
// than the second has none, for they would take a long task.
const PLAIN_WHILE_OPEN = 1_500;
const ALWAYS_PLAIN = 5_000;
const FENCE = /^ {0,3}(?:`{3}|~{3})/;
const CLOSED_FENCE = /^ {0,3}(`{3,}(?!`)|~{3,}(?!~))[^\n]*\n(?:[\s\S]*\n)? {0,3}\1[`~]*\s*$/;
const NOTHING = { from: 0, settled: [], open: new Map<string, string>() };
const DEFINITION = /^ {0,3}\[[^\]]*\]:|\r/m;

const markdown = new MarkdownIt({ html: false, linkify: false, typographer: false });
markdown.disable("image");
markdown.renderer.rules.fence = (tokens, index, _options, env) => {
  const token = tokens[index];
  const language = token?.info.trim().split(/\s+/)[0] ?? "";
  return codeBlock(token?.content ?? "", env?.isPlain ? "" : language);
};
markdown.renderer.rules.code_block = (tokens, index) => codeBlock(tokens[index]?.content ?? "", "");
markdown.renderer.rules.link_open = (tokens, index, options, _env, renderer) => {
  tokens[index]?.attrSet("target", "_blank");
  tokens[index]?.attrSet("rel", "noopener noreferrer nofollow");
  return renderer.renderToken(tokens, index, options);
};

const kept = new Map<string, string>();

/** One string of safe HTML for each block; a text that grows changes only the last ones. */
export function toBlocks(text: string): string[] {
  return parse(text).map(({ render }) => keep(render(false)));
}

/** A text that grows, as far as it was read. */
export interface GrowingText {
  text: string;
  /** The blocks before `from` stay as they are, whatever follows. */
  from: number;
  settled: string[];
  /** All of its blocks. */
  blocks: string[];
  /** Those that may still change: their HTML by their Markdown. */
  open: ReadonlyMap<string, string>;
  /** A long program at its end has no colours yet. */
  isPlain: boolean;
}

/**
 * The blocks of a text that may go on where `known` ended: then only the last ones are read anew. Of
 * two blocks the later one may still become a part of the one before (`2` after a list, before its
 * dot is there), so both are.
 */
export function growBlocks(known: GrowingText | null, text: string): GrowingText {
  // A definition changes the blocks before it; and lines are counted by one kind of end.
  const isWhole = !known || !text.startsWith(known.text) || DEFINITION.test(text);
  const { from, settled, open } = isWhole ? NOTHING : known;
  const rest = text.slice(from);
  const found = parse(rest);
  const starts = found.map(({ line }) => lineStart(rest, line));
  const sources = found.map((_, index) => sourceOf(rest.slice(starts[index], starts[index + 1])));
  const isPlain = isLongOpenFence(sources.at(-1) ?? "");
  const read = found.map(({ render }, index) => {
    const isLast = index === found.length - 1;
    const known = open.get(sources[index] ?? "");
    return known ?? (isLast ? sanitise(render(isPlain)) : keep(render(false)));
  });
  const done = read.slice(0, -UNSETTLED_BLOCKS);
  return {
    text,
    from: from + (starts[done.length] ?? 0),
    settled: [...settled, ...done],
    blocks: [...settled, ...read],
    open: new Map(isPlain ? zip(sources, read).slice(0, -1) : zip(sources, read)),
    isPlain,
  };
}

/** What a block is read from; the empty lines after a whole program are not a part of it. */
function sourceOf(text: string): string {
  return CLOSED_FENCE.test(text) ? text.trimEnd() : text;
}

function zip<A, B>(some: A[], others: B[]): [A, B][] {
  return some.map((one, index) => [one, others[index] as B]);
}

function isLongOpenFence(source: string): boolean {
  return source.length > PLAIN_WHILE_OPEN && FENCE.test(source) && !CLOSED_FENCE.test(source);
}

interface Block {
  /** The line it begins in, from 0. */
  line: number;
  /** As HTML; `isPlain`: programs in it without colours. */
  render: (isPlain: boolean) => string;
}

function parse(text: string): Block[] {
  const env = {};
  const blocks: Block[] = [];
  let depth = 0;
  let start = 0;
  const tokens = markdown.parse(text, env);
  tokens.forEach((token, index) => {
    depth += token.nesting;
    if (depth === 0) {
      const block = tokens.slice(start, index + 1);
      blocks.push({
        line: block[0]?.map?.[0] ?? 0,
        render: (isPlain) => markdown.renderer.render(block, markdown.options, { ...env, isPlain }),
      });
      start = index + 1;
    }
  });
  return blocks;
}

function lineStart(text: string, line: number): number {
  let at = 0;
  for (let passed = 0; passed < line; passed += 1) {
    at = text.indexOf("\n", at) + 1;
  }
  return at;
}

function codeBlock(code: string, language: string): string {
  const html = codeToHtml(code, code.length > ALWAYS_PLAIN ? "" : language);
  // The keyboard can scroll what is too wide only if it can get there: tabindex.
  return (
    '<div class="snippet"><button type="button" class="copy">Copy</button>' +
    `<pre tabindex="0"><code>${html}</code></pre></div>`
  );
}

/** The same, kept for when it is asked for again. */
function keep(html: string): string {
  const known = kept.get(html);
  if (known !== undefined) {
    return known;
  }
  if (kept.size >= KEPT_BLOCKS) {
    kept.clear();
  }
  const safe = sanitise(html);
  kept.set(html, safe);
  return safe;
}

function sanitise(html: string): string {
  return DOMPurify.sanitize(html, {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: [...PLAIN_ATTRIBUTES, "href"],
    // Otherwise DOMPurify takes each value for an address and drops those that are none.
    ADD_URI_SAFE_ATTR: PLAIN_ATTRIBUTES,
    ALLOW_DATA_ATTR: false,
    ALLOWED_URI_REGEXP: /^(?:https?:|mailto:)/i,
  });
}
