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
// Rendered blocks are kept, for each frame of a growing answer shows nearly the same ones.
const KEPT_BLOCKS = 400;

const markdown = new MarkdownIt({ html: false, linkify: false, typographer: false });
markdown.disable("image");
markdown.renderer.rules.fence = (tokens, index) => {
  const token = tokens[index];
  return codeBlock(token?.content ?? "", token?.info.trim().split(/\s+/)[0] ?? "");
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
  const env = {};
  const blocks: string[] = [];
  let depth = 0;
  let start = 0;
  const tokens = markdown.parse(text, env);
  tokens.forEach((token, index) => {
    depth += token.nesting;
    if (depth === 0) {
      const block = tokens.slice(start, index + 1);
      blocks.push(sanitise(markdown.renderer.render(block, markdown.options, env)));
      start = index + 1;
    }
  });
  return blocks;
}

function codeBlock(code: string, language: string): string {
  const html = codeToHtml(code, language);
  // The keyboard can scroll what is too wide only if it can get there: tabindex.
  return (
    '<div class="snippet"><button type="button" class="copy">Copy</button>' +
    `<pre tabindex="0"><code>${html}</code></pre></div>`
  );
}

function sanitise(html: string): string {
  const known = kept.get(html);
  if (known !== undefined) {
    return known;
  }
  if (kept.size >= KEPT_BLOCKS) {
    kept.clear();
  }
  const safe = DOMPurify.sanitize(html, {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: [...PLAIN_ATTRIBUTES, "href"],
    // Otherwise DOMPurify takes each value for an address and drops those that are none.
    ADD_URI_SAFE_ATTR: PLAIN_ATTRIBUTES,
    ALLOW_DATA_ATTR: false,
    ALLOWED_URI_REGEXP: /^(?:https?:|mailto:)/i,
  });
  kept.set(html, safe);
  return safe;
}
