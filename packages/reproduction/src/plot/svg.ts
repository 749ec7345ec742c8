import type { PlotSpec } from './style.ts';

/** Draws a picture as an SVG document of its own. Vega is loaded when first needed: it is large. */
export async function plotSvg(spec: PlotSpec): Promise<string> {
  const [vega, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  // Without a canvas Vega takes every character for as wide as a capital: legends and titles would stand far off.
  measureText(vega);
  // What vega-lite has to say about a specification is a defect of ours, which the tests look for.
  const view = new vega.View(vega.parse(compile(spec, { logger: thrower }).spec), { renderer: 'none' });
  try {
    const svg = await view.toSVG();
    const whole = svg.includes('xmlns=') ? svg : svg.replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" ');
    return whole.replace(/^<svg [^>]*>/, (start) => `${start}${DARK}`);
  } finally {
    view.finalize();
  }
}

/** The light colours of the common style, by what they are in the dark. Text on shaded cells (#111, white) keeps its colour. */
const DARK = `<style>@media (prefers-color-scheme: dark) {
svg.marks rect[fill="white"], svg.marks path.background[fill="white"] { fill: #16181c; }
svg.marks text[fill="#000"], svg.marks text[fill="#222"], svg.marks text[fill="black"] { fill: #e6e6e6; }
svg.marks text[fill="#444"] { fill: #b5b5b5; }
svg.marks [stroke="#E4E4E4"] { stroke: #2c2f36; }
svg.marks [stroke="#BBB"], svg.marks [stroke="#666"] { stroke: #6a6d75; }
svg.marks path[fill="#000000"] { fill: #ffffff; }
svg.marks path[stroke="#000000"] { stroke: #ffffff; }
}</style>`;

/** Exported by Vega, but not in its types. */
interface TextMetrics {
  readonly textMetrics: { width: typeof textWidth };
}

function measureText(module: object): void {
  if (hasTextMetrics(module)) module.textMetrics.width = textWidth;
}

function hasTextMetrics(module: object): module is TextMetrics {
  return 'textMetrics' in module;
}

/** About how wide Helvetica and its kin set a text, in pixels. */
function textWidth(item: { readonly fontSize?: number; readonly text?: unknown }, text?: unknown): number {
  let ems = 0;
  for (const character of String(text ?? item.text ?? '')) {
    if (/[ijl.,:;'|!ftrI()[\] \-/]/.test(character)) ems += 0.31;
    else if (/[mwMW@%]/.test(character)) ems += 0.88;
    else if (/[A-Z&]/.test(character)) ems += 0.7;
    else ems += character > '\u2E80' ? 1 : 0.556;
  }
  return ems * (item.fontSize ?? 11) * 1.04;
}

const thrower = {
  level: () => thrower,
  error(...args: readonly unknown[]): never {
    throw new Error(`picture: ${args.join(' ')}`);
  },
  warn(...args: readonly unknown[]): never {
    throw new Error(`picture: ${args.join(' ')}`);
  },
  info: () => thrower,
  debug: () => thrower,
};
