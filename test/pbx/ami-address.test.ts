import { describe, expect, it } from 'vitest';
import { InvalidSettingsError } from '../../src/core/errors.ts';
import { isLoopback, parseAmiAddress } from '../../src/pbx/asterisk/ami-address.ts';

describe('parseAmiAddress', () => {
  it('reads who, where and whether encrypted', () => {
    const address = { host: 'pbx.example.com', port: 5555, isEncrypted: false, user: 'callqueue', secret: 's3' };
    expect(parseAmiAddress('ami://callqueue:s3@pbx.example.com:5555')).toEqual(address);
    expect(parseAmiAddress('amis://callqueue:s3@pbx.example.com:5555/')).toEqual({ ...address, isEncrypted: true });
  });

  it('knows the usual ports, IPv6 addresses and percent-encoding', () => {
    expect(parseAmiAddress('ami://u:p@h').port).toBe(5038);
    expect(parseAmiAddress('amis://u:p@h').port).toBe(5039);
    expect(parseAmiAddress('ami://u:p@[::1]:5038').host).toBe('::1');
    expect(parseAmiAddress('ami://u%40x:p%2F%23%25%C3%BC@h')).toMatchObject({ user: 'u@x', secret: 'p/#%ü' });
  });

  it.each([
    ['', /cannot be read as an address/],
    ['pbx.example.com', /cannot be read as an address/],
    ['http://u:hidden@h', /neither ami:\/\/ nor amis:\/\//],
    ['ami://u:hidden@', /cannot be read|names no host/],
    ['ami://:hidden@h', /names no user/],
    ['ami://u@h', /has no secret/],
    ['ami://u:hidden/1@h', /cannot be read|goes on after the port/],
    ['ami://u:hidden#1@h', /cannot be read|goes on after the port/],
    ['ami://u:hidden@h/x', /goes on after the port/],
    ['ami://u:hidden@h:99999', /cannot be read/],
    ['ami://u:hidden@h:0', /names port 0, allowed are 1 to 65535/],
    ['ami://u:hidden%@h', /secret that is not percent-encoded rightly/],
    ['ami://u:hidden%0D%0AAction@h', /control characters/],
  ])('refuses %j with the setting, what is wrong and an example, without the secret', (text, mistake) => {
    const parse = () => parseAmiAddress(text);
    expect(parse).toThrow(InvalidSettingsError);
    expect(parse).toThrow(mistake);
    expect(parse).toThrow(/^pbx\.url: .*expected ami:\/\/user:secret@host:5038/);
    expect(parse).not.toThrow(/hidden/);
  });

  it('tells this machine from others', () => {
    expect(['localhost', '127.0.0.1', '127.9.8.7', '::1'].every(isLoopback)).toBe(true);
    expect(['pbx', '10.0.0.1', '127.0.0.1.example.com', '0.0.0.0', 'localhost.example.com'].some(isLoopback)).toBe(
      false,
    );
  });
});
