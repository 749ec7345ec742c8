// Maps the terms of one domain to those of another, so that the relations among them are alike (Turney 2008).
import { RelationEncoder } from 'relbert';
import { evaluateMapping } from 'relbert/evaluate';

const problem = {
  source: ['teacher', 'student', 'school', 'lesson'],
  target: ['doctor', 'patient', 'hospital', 'treatment'], // the right answers, in the order of the source
};

const encoder = await RelationEncoder.load();
const { results } = await evaluateMapping([problem], (pairs) => encoder.encode(pairs));
await encoder.dispose();

const [{ mapping, correct, optimal }] = results;
for (const [i, term] of problem.source.entries()) console.log(`${term} -> ${mapping[i]}`);
console.log(`${correct} of ${mapping.length} right; proven to be the best mapping: ${optimal}`);
