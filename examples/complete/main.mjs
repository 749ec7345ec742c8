// Completes an analogy from a list of words: Japan is to Tokyo as France is to which of them?
import { completeAnalogy, openModel, RelationEncoder, tokenVectors } from 'relbert';

const example = { head: 'Japan', tail: 'Tokyo' };
const word = process.argv[2] ?? 'France';
const answers = ['Paris', 'Berlin', 'Oslo', 'Madrid', 'Rome', 'wine', 'language', 'Europe', 'Lyon', 'Lima'];

const words = [...new Set([...answers, example.head, example.tail, word])];
const table = { words, answers: answers.length, ...(await tokenVectors(await openModel('embedded'), words)) };
const encoder = await RelationEncoder.load();
const found = await completeAnalogy({ example, word }, table, (pairs) => encoder.encode(pairs), { top: 3 });
await encoder.dispose();

for (const answer of found) console.log(`${answer.score.toFixed(2)}  ${answer.word}`);
