// Compares two pairs in the page; the model runs in a web worker. Vite serves it: see README.md.
import { RelationEncoder } from 'relbert';

const answer = document.querySelector('#answer');
const form = document.querySelector('form');

const encoder = await RelationEncoder.load();
answer.textContent = `ready on ${encoder.info.device}`;

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const pair = (name) => form.elements[name].value.split(':');
  try {
    answer.textContent = `similarity ${(await encoder.similarity(pair('a'), pair('b'))).toFixed(3)}`;
  } catch (error) {
    answer.textContent = error.message;
  }
});
