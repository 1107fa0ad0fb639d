import { AgentPreset, triedPresets } from '@fermata/contracts';
import { describe, expect, it } from 'vitest';
import { agentProgram } from './agent-program.js';

const told = { gatewayUrl: 'http://127.0.0.1:4711', token: 'fgw_secret', model: 'm-1', home: '/run/home' };

describe.each(triedPresets)('%s', (preset) => {
  const { env, files } = agentProgram({ preset }, told);
  const all = JSON.stringify({ env, files });

  it('is told where the gateway is, which model to ask, and its token', () => {
    expect(all).toContain('http://127.0.0.1:4711');
    expect(all).toContain('m-1');
    expect(all).toContain('fgw_secret');
  });

  it('has its token in the environment only, where it ends with the process', () => {
    expect(JSON.stringify(files)).not.toContain('fgw_secret');
  });

  it('has its configuration below the home of its run', () => {
    for (const name of Object.keys(files)) expect(name).toMatch(/^[\w.][\w./-]*$/);
    for (const value of Object.values(env)) expect(value).not.toMatch(/^\/(?!run\/home)/);
  });
});

describe.each(Object.values(AgentPreset))('%s with a login of its own', (preset) => {
  const { env, files } = agentProgram({ preset, login: 'own' }, told);

  it('is told nothing of the gateway, and has its configuration below the home of its run', () => {
    expect(JSON.stringify({ env, files })).not.toMatch(/4711|fgw_secret/);
    for (const name of Object.keys(files)) expect(name).toMatch(/^[\w.][\w./-]*$/);
    for (const value of Object.values(env)) expect(value).not.toMatch(/^\/(?!run\/home)/);
  });
});

describe('a program that has only a login of its own', () => {
  it.each(Object.values(AgentPreset).filter((preset) => !triedPresets.includes(preset)))('%s says so', (preset) => {
    expect(() => agentProgram({ preset }, told)).toThrow('save it with the login own');
  });
});

describe('any other program', () => {
  const launch = (env: Record<string, string>) => ({ command: '/opt/agent', args: ['--acp'], env });

  it('gets what its environment asks for', () => {
    const program = agentProgram(launch({ URL: '{{gateway}}/v1', KEY: '{{token}}', MODEL: 'x-{{model}}' }), told);
    expect(program).toMatchObject({ command: '/opt/agent', args: ['--acp'], files: {} });
    expect(program.env).toEqual({ URL: 'http://127.0.0.1:4711/v1', KEY: 'fgw_secret', MODEL: 'x-m-1' });
  });

  it('is refused when it asks for what there is not, with the names that there are', () => {
    const start = () => agentProgram(launch({ KEY: '{{apiKey}}' }), told);
    expect(start).toThrow('{{apiKey}} in the environment of the agent is not known');
    expect(start).toThrow('{{gateway}}, {{token}}, {{model}}');
  });
});
