import { describe, expect, it } from 'vitest';
import { addressOf, isBrokerAddress, plainError } from './address.ts';
import { SinkError } from './port.ts';

describe('the address of a broker', () => {
  it('is read with everything decoded', () => {
    expect(addressOf('amqps://w%40p:p%2Fw@mq.example.com/my%2Fhost', 5671)).toEqual({
      scheme: 'amqps',
      host: 'mq.example.com',
      port: 5671,
      user: 'w@p',
      password: 'p/w',
      path: 'my/host',
    });
    expect(addressOf('nats://token@[::1]:4333', 4222)).toMatchObject({
      host: '::1',
      port: 4333,
      user: 'token',
      path: '',
    });
  });

  it('is none where it has no host or cannot be decoded', () => {
    expect(['nats://h', 'amqp://u:p@h:1/v'].map(isBrokerAddress)).toEqual([true, true]);
    expect(['nats://', 'amqp://u:%ff@h', 'text'].map(isBrokerAddress)).toEqual([false, false, false]);
  });
});

describe('what is said of an error', () => {
  const url = 'amqp://waping:s%2Fecret@127.0.0.1:5672/';
  const said = (error: unknown, at = url) => plainError(error, at).message;

  it('holds no password and no token, encoded or not', () => {
    expect(said(new Error(`cannot open ${url} with s/ecret`))).toBe(
      'cannot open amqp://waping:[hidden]@127.0.0.1:5672/ with [hidden]',
    );
    expect(said(new Error('bad token tok3n'), 'nats://tok3n@h')).toBe('bad token [hidden]');
  });

  it('is one line, not long, and tells what lies behind', () => {
    expect(said(new Error('a\n  b'))).toBe('a b');
    expect(said(new Error('x'.repeat(1000))).length).toBe(300);
    expect(said(new AggregateError([new Error('no ::1'), new Error('no 127.0.0.1')]))).toBe('no ::1; no 127.0.0.1');
    expect(said(new Error('refused', { cause: new Error('ECONNREFUSED') }))).toBe('refused; ECONNREFUSED');
  });

  it('stays as it is where it is our own', () => {
    const own = new SinkError('the broker did not confirm');
    expect(plainError(own, url)).toBe(own);
  });
});
