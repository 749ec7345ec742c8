/** @file Colours that readers with any kind of colour vision tell apart (Okabe and Ito, "Color Universal Design", 2008). */

/** The palette of Okabe and Ito without its yellow, which is too pale for points on white. */
export const OKABE_ITO = {
  blue: '#0072B2',
  vermillion: '#D55E00',
  green: '#009E73',
  orange: '#E69F00',
  skyBlue: '#56B4E9',
  purple: '#CC79A7',
  black: '#000000',
} as const;

/** One colour a series, in the order in which they are used. */
export const SERIES_COLOURS: readonly string[] = Object.values(OKABE_ITO);

/** For what is left over: axes, chance, `other`. */
export const GREY = '#8A8A8A';
