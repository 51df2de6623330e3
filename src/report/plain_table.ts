/** A table that scrolls where it is wider than the page; its first column names the rows. */

import { type Content, type Markup, markup } from "./markup.ts";

/**
 * Renders the table.
 *
 * @param name what a screen reader calls it
 * @param className of the table, for the page's styles
 * @param rows as many cells each as `head`
 */
export function plainTable(
  name: string,
  className: string,
  head: readonly Content[],
  rows: readonly Content[][],
): Markup {
  return markup`<div class="scroll" tabindex="0" role="region" aria-label="${name}">
<table class="${className}">
<thead><tr>${head.map((cell) => markup`<th scope="col">${cell}</th>`)}</tr></thead>
<tbody>${
    rows.map(([first, ...others]) =>
      markup`<tr><th scope="row">${first}</th>${
        others.map((cell) => markup`<td>${cell}</td>`)
      }</tr>\n`
    )
  }</tbody></table></div>`;
}
