/**
 * Markup with every value escaped: names of videos and classes come from files and may hold
 * anything. The same escapes serve HTML and SVG.
 */

/** Text that is markup already. */
export class Markup {
  constructor(readonly text: string) {}
}

/** What may stand in a `markup` template: nothing is printed for null, undefined and false. */
export type Content = Markup | string | number | null | undefined | false | Content[];

const ESCAPES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

// XML 1.0, section 2.2: no C0 controls but tab, line feed and carriage return, no U+FFFE, U+FFFF.
// deno-lint-ignore no-control-regex -- these are the characters to be replaced
const UNPRINTABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]/g;

/**
 * Escapes a text for element content and quoted attributes; unprintable characters become U+FFFD.
 */
export function escapeMarkup(text: string): string {
  return text.toWellFormed().replace(UNPRINTABLE, "\ufffd").replace(/[&<>"']/g, (c) => ESCAPES[c]);
}

function print(content: Content): string {
  if (content === null || content === undefined || content === false) return "";
  if (content instanceof Markup) return content.text;
  if (Array.isArray(content)) return content.map(print).join("");
  return escapeMarkup(String(content));
}

/**
 * Template tag for HTML and SVG: every value is escaped unless it is {@link Markup}.
 *
 * @example
 * markup`<b title="${name}">${name}</b>`.text;
 */
export function markup(parts: TemplateStringsArray, ...values: Content[]): Markup {
  let text = parts[0];
  for (let i = 0; i < values.length; i++) text += print(values[i]) + parts[i + 1];
  return new Markup(text);
}

/** Text with settings in it, which may break behind the dots of their keys. */
export function breakable(text: string): Markup {
  const [first, ...others] = text.split(/(?<=[a-z_]\.)/);
  return markup`${first}${others.map((part) => markup`<wbr>${part}`)}`;
}

/** One element of SVG or HTML; attributes that are null or undefined are left out. */
export function element(
  name: string,
  attributes: Record<string, string | number | null | undefined>,
  ...content: Content[]
): Markup {
  const open = Object.entries(attributes)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([key, value]) => ` ${key}="${escapeMarkup(String(value))}"`).join("");
  return new Markup(`<${name}${open}>${print(content)}</${name}>`);
}

/** JSON for a `<script type="application/json">`: no character that could end the element. */
export function jsonForScript(value: unknown): string {
  return JSON.stringify(value).replace(/</g, "\\u003c");
}

/**
 * Replaces each `<!-- name -->` of a template by the part of that name.
 *
 * @throws {Error} a mark without a part or a part without a mark
 */
export function fillTemplate(template: string, parts: Record<string, Markup>): string {
  const left = new Set(Object.keys(parts));
  const text = template.replace(/<!-- ([a-z_]+) -->/g, (_, name: string) => {
    if (!Object.hasOwn(parts, name)) throw new Error(`The template's mark "${name}" has no part`);
    left.delete(name);
    return parts[name].text;
  });
  if (left.size > 0) throw new Error(`The template has no mark "${[...left].join('", "')}"`);
  return text;
}
