import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { CheckpointError } from '../../src/formats/checkpoint-error.ts';
import { type HubOptions, hubFiles } from '../../src/node/hub/hub.ts';
import type { HubEvent } from '../../src/node/hub/hub-event.ts';
import { commit, HubServer } from './hub-server.ts';

export const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
export const fixture = (name: string): Buffer => readFileSync(join(fixtures, name));

/** A hub with one model, and for each test an empty cache. */
export function useHub() {
  const server = new HubServer();
  beforeAll(() => server.start());
  afterAll(() => server.stop());

  let home = '';
  const events: HubEvent[] = [];
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'relbert-hub-'));
    events.length = 0;
    server.files.clear();
    for (const name of ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json']) {
      server.files.set(name, fixture(`encoder/bert/${name}`));
    }
    server.files.set('README.md', Buffer.from('---\nlicense: apache-2.0\n---\n# A model\n'));
    server.files.set('vocab.txt', Buffer.from('not needed beside tokenizer.json'));
    server.files.set('pytorch_model.bin', Buffer.from('not needed beside safetensors'));
    server.files.set('onnx/model.onnx', Buffer.from('not needed'));
  });
  afterEach(() => {
    server.reset();
    rmSync(home, { recursive: true, force: true });
  });

  const options = (more: HubOptions = {}): HubOptions => ({
    env: { HF_HOME: home, HF_ENDPOINT: server.endpoint, HF_TOKEN: 'hf_secret' },
    onProgress: (event) => events.push(event),
    pause: 1,
    stallTimeout: 2000,
    ...more,
  });
  const load = (model = 'org/model', more: HubOptions = {}) => hubFiles(model, options(more));
  const failure = async (model?: string, more?: HubOptions): Promise<string> => {
    const error: unknown = await load(model, more).then(
      () => undefined,
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(CheckpointError);
    const { message, stack } = error as Error;
    expect(`${message} ${stack}`).not.toContain('hf_secret');
    return message;
  };
  const repository = (): string => join(home, 'hub/models--org--model');
  const kinds = (): string[] => [...new Set(events.map(({ kind }) => kind))];
  const expectComplete = async (): Promise<void> => {
    const snapshot = join(repository(), 'snapshots', commit);
    for (const name of ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json']) {
      expect(readFileSync(join(snapshot, name)), name).toEqual(server.files.get(name));
    }
    expect(readdirSync(join(repository(), 'blobs')).filter((name) => name.endsWith('.incomplete'))).toEqual([]);
    expect(readdirSync(join(home, 'hub/.locks/models--org--model'))).toEqual([]);
  };
  return { server, events, home: () => home, load, failure, repository, kinds, expectComplete };
}
