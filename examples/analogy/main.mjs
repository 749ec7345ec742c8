// Answers a multiple-choice analogy question: which pair is related as the first one is?
import { RelationEncoder } from 'relbert';

const [stem = 'word:language', ...given] = process.argv.slice(2);
const choices = given.length > 0 ? given : ['paint:portrait', 'poetry:rhythm', 'note:music', 'week:year'];

const pairOf = (text) => text.split(':');
const encoder = await RelationEncoder.load();
const ranking = await encoder.rankAnalogy(pairOf(stem), choices.map(pairOf));
await encoder.dispose();

for (const { pair, score } of ranking) console.log(`${score.toFixed(3)}  ${pair.head}:${pair.tail}`);
