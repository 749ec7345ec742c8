import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseHubId, requireHubId } from '../../src/node/hub/hub-id.ts';
import { hubSettings } from '../../src/node/hub/hub-settings.ts';
import { commit } from './hub-server.ts';

const home = mkdtempSync(join(tmpdir(), 'relbert-hub-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('the name and the settings of a hub', () => {
  it.each([
    ['roberta-large', 'roberta-large', 'main'],
    ['org/name', 'org/name', 'main'],
    ['org/name@v1.0', 'org/name', 'v1.0'],
    [`org/name@${commit}`, 'org/name', commit],
    ['sentence-transformers/all-MiniLM-L6-v2@refs/pr/21', 'sentence-transformers/all-MiniLM-L6-v2', 'refs/pr/21'],
  ])('%s is a hub id', (text, id, revision) => {
    expect(requireHubId(text)).toEqual({ id, revision });
  });

  it.each([
    '',
    '@main',
    'a/b/c',
    '../x',
    'a b',
    'org/',
    '/name',
    'org//name',
    'a--b',
    '.hidden/x',
    'org/na\u00efve',
    'name.',
  ])('%j is none', (text) => {
    expect(parseHubId(text)).toBeUndefined();
    expect(() => requireHubId(text)).toThrow('not a hub id');
  });

  it.each(['../../etc', 'a/../../b', '/etc', 'a//b', 'a b', './x', 'x/'])('revision %j is refused', (revision) => {
    expect(() => requireHubId(`org/name@${revision}`)).toThrow('not a revision');
  });

  it('come from the environment as huggingface_hub reads it', async () => {
    const settings = (env: Record<string, string>) => hubSettings({ env: { HOME: '/h', ...env } });
    expect(await settings({})).toEqual({
      endpoint: 'https://huggingface.co',
      cache: '/h/.cache/huggingface/hub',
      offline: false,
      sharedBlobs: true,
      token: undefined,
    });
    expect((await settings({ XDG_CACHE_HOME: '/x' })).cache).toBe('/x/huggingface/hub');
    expect((await settings({ HF_HOME: '~/hf' })).cache).toBe('/h/hf/hub');
    expect((await settings({ HUGGINGFACE_HUB_CACHE: '/old', HF_HOME: '/hf' })).cache).toBe('/old');
    expect((await settings({ HF_HUB_CACHE: '$HOME/new', HUGGINGFACE_HUB_CACHE: '/old' })).cache).toBe('/h/new');
    expect((await settings({ HF_ENDPOINT: 'https://hub.example/' })).endpoint).toBe('https://hub.example');
    for (const value of ['1', 'true', 'YES', 'On'])
      expect((await settings({ HF_HUB_OFFLINE: value })).offline).toBe(true);
    for (const value of ['0', 'false', '']) expect((await settings({ HF_HUB_OFFLINE: value })).offline).toBe(false);
    expect((await settings({ TRANSFORMERS_OFFLINE: '1' })).offline).toBe(true);
    expect((await settings({ HF_TOKEN: ' hf_a\n', HUGGING_FACE_HUB_TOKEN: 'hf_b' })).token).toBe('hf_a');
    expect((await settings({ HUGGING_FACE_HUB_TOKEN: 'hf_b' })).token).toBe('hf_b');
    expect((await settings({ HF_TOKEN: 'hf_a', HF_HUB_DISABLE_IMPLICIT_TOKEN: '1' })).token).toBeUndefined();
    writeFileSync(join(home, 'token'), 'hf_file\n');
    expect((await settings({ HF_HOME: home })).token).toBe('hf_file');
    expect((await hubSettings({ env: { HF_TOKEN: 'hf_a' }, token: false })).token).toBeUndefined();
    const bad = await settings({ HF_TOKEN: 'hf_\u00e9secret' }).catch((error: unknown) => String(error));
    expect(bad).toContain('the token holds characters that no token has');
    expect(bad).not.toContain('secret');
  });
});
