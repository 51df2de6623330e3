/** The head that all pages have: what they are called, how they look, what they may load. */

import headTemplate from "./page/head.html" with { type: "text" };
import { fillTemplate, Markup, markup } from "./markup.ts";

/** Everything is inside a page. */
const INSIDE =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";

/** What a page may load beside. */
const LOADS = {
  video: "media-src data: file: 'self'",
  "its server": "connect-src 'self'",
};

/** The policy of a page, as a header of its server has it too. */
export function pagePolicy(loads?: keyof typeof LOADS): string {
  return loads === undefined ? INSIDE : `${INSIDE}; ${LOADS[loads]}`;
}

export interface PageHead {
  title: string;
  /** Texts of style sheets, the later ones after the earlier. */
  styles: string[];
  loads?: keyof typeof LOADS;
  more?: Markup;
}

export function pageHead({ title, styles, loads, more = markup`` }: PageHead): Markup {
  return new Markup(
    fillTemplate(headTemplate, {
      title: markup`<title>${title}</title>`,
      policy: new Markup(pagePolicy(loads)),
      more,
      styles: new Markup(`<style>\n${styles.join("\n")}</style>`),
    }).trimEnd(),
  );
}
