import { describe, expect, it } from 'vitest';
import { unusedProxy } from '../../src/node/hub/unused-proxy.ts';

const proxy = 'http://proxy.example:3128';
const on = (node: string, env: Record<string, string>, execArgv: string[] = []) =>
  unusedProxy({ env, execArgv, versions: { node } });

describe('a proxy that fetch does not take', () => {
  it('is none where the environment names none', () => {
    expect(on('20.19.0', {})).toBeUndefined();
    expect(on('24.1.0', { HTTPS_PROXY: '' })).toBeUndefined();
  });

  it('is named with what to do, by the version of Node', () => {
    expect(on('20.19.0', { HTTPS_PROXY: proxy })).toMatch(/^HTTPS_PROXY is set, which Node 20\.19\.0 does not use/);
    expect(on('22.20.0', { https_proxy: proxy })).toMatch(/^https_proxy is set, which Node 22\.20\.0 does not use/);
    expect(on('22.21.0', { all_proxy: proxy })).toBe(
      'all_proxy is set: with NODE_USE_ENV_PROXY=1 in the environment Node goes through it',
    );
  });

  it('is taken where Node was told so', () => {
    expect(on('24.0.0', { HTTPS_PROXY: proxy, NODE_USE_ENV_PROXY: '1' })).toBeUndefined();
    expect(on('22.21.1', { HTTPS_PROXY: proxy }, ['--use-env-proxy'])).toBeUndefined();
    expect(on('24.0.0', { HTTPS_PROXY: proxy, NODE_OPTIONS: '--use-env-proxy' })).toBeUndefined();
    // Node 20 has neither.
    expect(on('20.19.0', { HTTPS_PROXY: proxy, NODE_USE_ENV_PROXY: '1' })).toBeDefined();
  });
});
