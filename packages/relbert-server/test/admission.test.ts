import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Admission } from '../src/admission.ts';
import { RefusalPace } from '../src/refusal-pace.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'], now: 5000 });
});
afterEach(() => {
  vi.useRealTimers();
});
const noGiveUp = (): void => {};

describe('admission under overload', () => {
  /** Fills the queue, lets `refused` more come, and answers what was taken after so many milliseconds. */
  const round = (admission: Admission, milliseconds: number, refused = 1): number => {
    const places = [];
    while (!admission.refuses()) places.push(admission.enter(noGiveUp));
    for (let i = 1; i < refused; i++) admission.refuses();
    vi.advanceTimersByTime(milliseconds);
    for (const place of places) place.leave();
    return places.length;
  };
  const answeredAlone = (admission: Admission, milliseconds: number): void => {
    const place = admission.enter(noGiveUp);
    vi.advanceTimersByTime(milliseconds);
    place.leave();
  };

  it('takes as many as can be answered in two and a half times what a request takes alone', () => {
    const admission = new Admission(128, 1e6);
    for (let i = 0; i < 20; i++) answeredAlone(admission, 10);
    expect(admission.state.limit).toBe(128);
    expect(round(admission, 100)).toBe(128);
    // From then on each request takes 2 ms of the worker: 12 at once are answered in 25 ms.
    let taken = 0;
    for (let i = 0; i < 400; i++) taken = round(admission, 2 * admission.state.limit);
    expect(taken).toBeGreaterThan(10);
    expect(taken).toBeLessThan(15);
    // The worker slows down, and recovers.
    for (let i = 0; i < 400; i++) taken = round(admission, 10 * admission.state.limit);
    expect(taken).toBe(4);
    for (let i = 0; i < 2000; i++) taken = round(admission, 1);
    expect(taken).toBe(128);
  });

  it('is over when nothing was refused for a while', () => {
    const admission = new Admission(128, 1e6);
    round(admission, 1);
    expect(admission.state.limit).toBe(16);
    vi.advanceTimersByTime(1000);
    expect(admission.refuses()).toBe(false);
    expect(admission.state.limit).toBe(32);
    vi.advanceTimersByTime(2000);
    expect(admission.refuses()).toBe(false);
    expect(admission.state.limit).toBe(128);
  });

  it('gives up the youngest where as many were refused as the queue holds', () => {
    const admission = new Admission(20, 1e6);
    const givenUp: number[] = [];
    const places = Array.from({ length: 20 }, (_, i) => admission.enter(() => givenUp.push(i)));
    for (let i = 0; i < 19; i++) expect(admission.refuses()).toBe(true);
    expect(givenUp).toEqual([]);
    expect(admission.refuses()).toBe(true);
    expect(givenUp).toEqual([16, 17, 18, 19]);
    for (const place of places) place.leave();
    expect(admission.state).toEqual({ requests: 0, pairs: 0, limit: 16 });
  });
});

describe('refusals', () => {
  it('go out at once, and where many come at an even rate, none later than in a second', () => {
    const pace = new RefusalPace();
    const delays = Array.from({ length: 2000 }, () => pace.delay());
    expect(delays.filter((delay) => delay === 0).length).toBe(50);
    expect(delays.slice(50, 60)).toEqual([10, 10, 10, 10, 10, 20, 20, 20, 20, 20]);
    expect(delays.at(-1)).toBe(1000);
    vi.advanceTimersByTime(2000);
    expect(pace.delay()).toBe(0);
  });
});
