/** The commands that this package adds to `relbert`: it loads them when one is typed. */
import { playground } from './cli/playground.ts';

export const commands = [playground];
