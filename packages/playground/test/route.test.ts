import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { keepInAddress, readRoute } from '../page/route.ts';

beforeEach(() => {
  vi.stubGlobal('location', { hash: '' });
  vi.stubGlobal('history', {
    replaceState: (_state: unknown, _title: string, hash: string) => {
      location.hash = hash;
    },
  });
});
afterEach(() => void vi.unstubAllGlobals());

it('keeps in the address what is shown, but never over a link that was followed and not read yet', () => {
  location.hash = '#mapping';
  expect(readRoute(0).panel).toBe('mapping');
  keepInAddress('mapping', { source: ['sun', 'planet'] });
  keepInAddress('mapping', { source: ['sun', 'moon'] });
  expect(location.hash).toBe('#mapping?source=sun&source=moon');
  location.hash = '#game?kind=odd';
  keepInAddress('mapping', { source: ['sun', 'star'] });
  expect(location.hash).toBe('#game?kind=odd');
  expect(readRoute(1).params.get('kind')).toBe('odd');
  keepInAddress('game', { kind: 'odd', seed: 'a' });
  expect(location.hash).toBe('#game?kind=odd&seed=a');
});
