import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commandsOf, type Entry, onMpnet, placed } from '../scripts/reproduction-plan.ts';

const entries = JSON.parse(readFileSync(new URL('../models.json', import.meta.url), 'utf8')) as Entry[];
const places = { languageModel: 'lm', data: 'sets', runs: 'out' };

describe('the plan of npm run reproduce', () => {
  it('takes the places of this machine', () => {
    const all = entries.map((entry) => placed(entry, places));
    expect(JSON.stringify(all)).not.toMatch(/shared|"runs\/|\sruns\//);
    expect(all.find(({ name }) => name === "paper's recipe, template a")).toMatchObject({
      model: 'out/paper-a',
      made: 'relbert distill --model lm --recipe emnlp2021 --template a --output out/paper-a',
    });
  });

  it('runs each command of an entry, its folder known, names with spaces whole', () => {
    const named = (name: string) => entries.find((entry) => entry.name === name)?.made ?? '';
    expect(commandsOf(named("paper's recipe without Class Inclusion"), false)).toEqual([
      {
        args: [
          ...'distill --model ../shared/models/all-MiniLM-L6-v2 --recipe emnlp2021 --template a'.split(' '),
          ...['--exclude-relation', 'Class Inclusion', '--output', 'runs/paper-a-without-class-inclusion'],
        ],
        output: 'runs/paper-a-without-class-inclusion',
      },
    ]);
    const [search, distill] = commandsOf(named("paper's recipe, AutoPrompt"), true);
    expect(search?.args.join(' ')).toContain('--iterations 1 ');
    expect(distill?.args.slice(-2)).toEqual(['--steps', '1']);
    expect(distill?.output).toBe('runs/paper-autoprompt');
  });

  it('refuses a command without a folder', () => {
    expect(() => commandsOf('relbert distill --model x', false)).toThrow('should be a relbert command with --output');
  });

  it('chooses the template of MPNet by the validation questions', () => {
    const accuracy = (model: string) => (model === 'runs/paper-d' ? 0.6 : 0.5);
    expect(onMpnet(entries, accuracy, { mpnet: 'mpnet', runs: 'runs' })).toMatchObject({
      model: 'runs/paper-mpnet-d',
      made: 'relbert distill --model mpnet --recipe emnlp2021 --template d --output runs/paper-mpnet-d',
    });
  });
});
