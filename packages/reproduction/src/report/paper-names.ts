/** @file How the names in data files correspond to those in the paper's tables, as data. */

import { manualTemplates } from 'relbert/cli';
import type { ReportModel } from './report-file.ts';

/** Set names as the data's folders have them, lower case, to those of the paper's columns (some tables abbreviate). */
const SHORT_SETS: Readonly<Record<string, string>> = { cogalex: 'cogalexv', eval: 'evalution' };

/** Whether a folder's name and a column's mean the same set: `u2` is `U2`, `CogALexV` is `CogALex`. */
export function isSameSet(name: string, column: string): boolean {
  const key = (text: string) => {
    const plain = text.toLowerCase().replace(/[^a-z0-9&+]/g, '');
    return SHORT_SETS[plain] ?? plain;
  };
  return key(name) === key(column);
}

/** `SAT†`: the set's validation and test questions together. The same set's column without † is its test questions. */
export function isBothSplits(column: string): boolean {
  return column.endsWith('†');
}

/** The relations of the lexical sets by the paper's names: of its Table 4, and of its Table 1. */
const RELATIONS: Readonly<Record<string, readonly [short: string, long: string]>> = {
  random: ['rand', 'Random'],
  false: ['rand', 'Random'],
  mero: ['mero', 'Meronym'],
  part_of: ['mero', 'Meronym'],
  madeof: ['mero', 'Meronym'],
  event: ['event', 'Event'],
  hyper: ['hyp', 'Hypernym'],
  hypo: ['hyp', 'Hypernym'],
  isa: ['hyp', 'Hypernym'],
  coord: ['cohyp', 'Co-hyponym'],
  sibl: ['cohyp', 'Co-hyponym'],
  attri: ['attr', 'Attribute'],
  hasproperty: ['attr', 'Attribute'],
  hasa: ['poss', 'Possession'],
  ant: ['ant', 'Antonym'],
  antonym: ['ant', 'Antonym'],
  syn: ['syn', 'Synonym'],
  synonym: ['syn', 'Synonym'],
};

/** `rand`, `hyp` ... as Table 4 names it; the name itself where the paper has no such class (EVALution's PartOf). */
export function shortRelation(name: string): string {
  const known = name.toLowerCase();
  return Object.hasOwn(RELATIONS, known) ? (RELATIONS[known]?.[0] as string) : name;
}

/** F1 of a class by Table 4's name of it (`macro`, `micro`: of the set), as a fraction. */
export function classF1({ classification }: ReportModel, set: string, relation: string): number | undefined {
  const own = classification.find((figures) => isSameSet(figures.set, set));
  if (!own) return undefined;
  if (relation === 'macro') return own.macroF1;
  if (relation === 'micro') return own.microF1;
  const [, scores] = Object.entries(own.perClass).find(([name]) => shortRelation(name) === relation) ?? [];
  return scores?.f1;
}

/** `Random`, `Hypernym` ... as Table 1 names it; the name itself where the paper has no such class. */
export function longRelation(name: string): string {
  const known = name.toLowerCase();
  return Object.hasOwn(RELATIONS, known) ? (RELATIONS[known]?.[1] as string) : name;
}

/** The columns of Table 5: set and our name of the category. */
export const CATEGORY_COLUMNS: Readonly<Record<string, readonly [set: string, category: string]>> = {
  'Google/Mor': ['google', 'morphological'],
  'Google/Sem': ['google', 'semantic'],
  'BATS/Mor': ['bats', 'morphological'],
  'BATS/Sem': ['bats', 'encyclopedic'],
  'BATS/Lex': ['bats', 'lexical'],
};

/** The number from 1 that a manual template has in the paper's list (section 3.1); undefined for any other text. */
export function templateNumber(text: string): number | undefined {
  const at = Object.values<string>(manualTemplates).indexOf(text);
  return at < 0 ? undefined : at + 1;
}
