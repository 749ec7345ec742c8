/** An SVG document without a single font to draw its text with. */
export class FontError extends Error {
  override readonly name = 'FontError';
}

/** @param scale pixels of the PNG for one of the SVG. @throws FontError where this machine has no font */
export async function rasterise(svg: string, scale: number): Promise<Uint8Array> {
  // Native code: loaded when needed.
  const { Resvg } = await import('@resvg/resvg-js');
  const font = { loadSystemFonts: true, defaultFontFamily: 'Liberation Sans', sansSerifFamily: 'Liberation Sans' };
  const probe = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text y="8">x</text></svg>';
  if (svg.includes('<text') && !new Resvg(probe, { font }).getBBox()) {
    throw new FontError(
      'this machine has no font to write a PNG with: install one (Debian: apt-get install fonts-dejavu-core), or write an SVG',
    );
  }
  const document = svg.includes('xmlns=') ? svg : svg.replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" ');
  return new Resvg(document, { font, fitTo: { mode: 'zoom', value: scale } }).render().asPng();
}
