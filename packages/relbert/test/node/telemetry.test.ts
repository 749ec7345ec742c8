import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { disableTelemetry } from '../../src/node/telemetry.ts';
import { builtCommand } from '../cli/built-command.ts';
import { tinyModel } from '../cli/command.ts';

describe('onnxruntime-node collects no usage data: HOME stays empty', () => {
  const library = pathToFileURL(join(builtCommand(), '../../dist/index.js')).href;
  const encode = (worker: boolean) => `
    const { RelationEncoder } = await import(${JSON.stringify(library)});
    const encoder = await RelationEncoder.load(${JSON.stringify(tinyModel)}, { worker: ${worker} });
    await encoder.encode([['cat', 'dog']]);
    await encoder.dispose();`;

  it.each([
    ['the command', [builtCommand(), 'embed', '--model', tinyModel, 'cat:dog']],
    ['the library in the main thread', ['--input-type=module', '--eval', encode(false)]],
    ['the library in its worker', ['--input-type=module', '--eval', encode(true)]],
  ])('%s', (_, args) => {
    const home = mkdtempSync(join(tmpdir(), 'relbert-home-'));
    try {
      const { ORT_DISABLE_TELEMETRY: _unset, XDG_CACHE_HOME: _cache, ...env } = process.env;
      const { status, stderr } = spawnSync(process.execPath, args, { env: { ...env, HOME: home }, encoding: 'utf8' });
      expect([status, readdirSync(home, { recursive: true })], stderr).toEqual([0, []]);
    } finally {
      rmSync(home, { recursive: true });
    }
  });
});

describe('disableTelemetry', () => {
  const before = process.env['ORT_DISABLE_TELEMETRY'];
  afterEach(() => {
    if (before === undefined) delete process.env['ORT_DISABLE_TELEMETRY'];
    else process.env['ORT_DISABLE_TELEMETRY'] = before;
  });

  it('leaves the variable as the user has set it', () => {
    process.env['ORT_DISABLE_TELEMETRY'] = '0';
    disableTelemetry();
    expect(process.env['ORT_DISABLE_TELEMETRY']).toBe('0');
    delete process.env['ORT_DISABLE_TELEMETRY'];
    disableTelemetry();
    expect(process.env['ORT_DISABLE_TELEMETRY']).toBe('1');
  });
});
