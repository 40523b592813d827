// What the server's minutes prove about the device's clock, and what they do not.

import { expect, test } from 'vitest';
import { ServerClock } from '../src/sdk';

const MINUTE_MS = 60_000;

function clockAt(minute: number) {
  const device = { minute };
  const clock = new ServerClock(() => device.minute * MINUTE_MS);
  return { device, clock };
}

test('a device is believed until something speaks against it', () => {
  const { clock } = clockAt(1000);
  expect(clock.minute()).toBe(1000);
  clock.notBefore(400);
  expect(clock.minute()).toBe(1000);
  clock.isNow(1000);
  expect(clock.minute()).toBe(1000);
});

test('a device that is behind is put forward by whatever the server has written', () => {
  const { device, clock } = clockAt(1000);
  clock.notBefore(5000);
  expect(clock.minute()).toBe(5000);
  device.minute += 10;
  expect(clock.minute()).toBe(5010);
});

test('a device that is ahead is put back by what comes live, and not by what is old', () => {
  const { device, clock } = clockAt(5000);
  clock.notBefore(1000);
  expect(clock.minute()).toBe(5000);
  clock.isNow(1000);
  expect(clock.minute()).toBeLessThanOrEqual(1002);
  expect(clock.minute()).toBeGreaterThanOrEqual(1000);
  device.minute += 30;
  expect(clock.minute()).toBeLessThanOrEqual(1032);
});

test('somebody sets the clock right: what was known before gives way', () => {
  const { device, clock } = clockAt(5000);
  clock.isNow(1000);
  device.minute = 1010;
  clock.isNow(1010);
  expect(clock.minute()).toBeGreaterThanOrEqual(1010);
  expect(clock.minute()).toBeLessThanOrEqual(1012);
});
