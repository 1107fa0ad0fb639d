import { describe, expect, it } from 'vitest';
import { importLaw, importLawFindings } from './import-law.js';
import { listSources, listWorkspaces, type Workspace, workspaceOf } from './source-tree.js';
import { importsOf } from './syntax.js';

const workspaces = listWorkspaces();
const findings = (path: string, text: string, among: readonly Workspace[] = workspaces) =>
  importLawFindings([{ path, text }], among).map(({ what }) => what);

describe('the import law', () => {
  it('holds in every file of every package', () => {
    const sources = listSources();
    expect(sources.filter((source) => workspaceOf(source) !== '').length).toBeGreaterThan(200);
    expect(importLawFindings(sources, workspaces)).toEqual([]);
  });

  it('knows every package', () => {
    const known = Object.keys(importLaw);
    expect(workspaces.map(({ path }) => path).filter((path) => path !== '' && !known.includes(path))).toEqual([]);
  });
});

describe('a breach of the import law is found', () => {
  it.each([
    ['packages/contracts/src/x.ts', "import { z } from 'zod';"],
    ['packages/contracts/src/x.ts', "import { createHash } from 'node:crypto';"],
    ['packages/contracts/src/schemas/x.ts', "import { rows } from '@fermata/database';"],
    ['packages/workflows/src/x.ts', "import { planSchema } from '@fermata/contracts/schemas';"],
    ['packages/workflows/src/x.ts', "import type { Git } from '@fermata/core/git';"],
    ['packages/workflows/src/x.ts', "import { readFile } from 'node:fs/promises';"],
    ['packages/workflows/src/x.ts', "import { Client } from '@temporalio/client';"],
    ['packages/activities/src/x.ts', "import { proxyActivities } from '@temporalio/workflow';"],
    ['packages/activities/src/x.ts', "import { okrRun } from '@fermata/workflows';"],
    ['packages/core/src/x.ts', "import { ApplicationFailure } from '@temporalio/common';"],
    ['packages/core/src/x.ts', "import pg from 'pg';"],
    ['packages/core/src/x.ts', "import { createDatabase } from '@fermata/database';"],
    ['packages/database/src/x.ts', "import { createGit } from '@fermata/core/git';"],
    ['packages/stack/src/x.ts', "import { createDatabase } from '@fermata/database';"],
    ['packages/scripted-model/src/x.ts', "import { startStack } from '@fermata/stack';"],
    ['apps/api/src/x.ts', "import { okrRun } from '@fermata/workflows';"],
    ['apps/api/src/x.ts', "import { PrismaClient } from '@prisma/client';"],
    ['apps/api/src/x.ts', "import { createGit } from '@fermata/core/git';"],
    ['apps/worker/src/x.ts', "import { PrismaClient } from '@prisma/client';"],
    ['apps/cli/src/x.ts', "import { createDatabase } from '@fermata/database';"],
    ['apps/cli/src/x.ts', "import { planSchema } from '@fermata/contracts/schemas';"],
    ['packages/unheard-of/src/x.ts', "import { join } from 'node:path';"],
  ])('%s: %s', (path, text) => {
    expect(findings(path, text)).toHaveLength(1);
  });

  it.each([
    ['a re-export', "export { createDatabase } from '@fermata/database';"],
    ['a dynamic import', "const database = await import('@fermata/database');"],
    ['a require', "const database = require('@fermata/database');"],
    ['an import type', "let database: import('@fermata/database').Database;"],
    ['an import for its effects', "import '@fermata/database';"],
    ['behind a disabled lint', "// eslint-disable-next-line\nimport { createDatabase } from '@fermata/database';"],
  ])('as %s', (_, text) => {
    expect(findings('packages/core/src/x.ts', text)).toHaveLength(1);
  });

  it('where a relative path leaves the package or takes test code', () => {
    expect(findings('packages/core/src/git/x.ts', "import { x } from '../../../database/src/index.js';")).toEqual([
      '../../../database/src/index.js: leaves its package by a relative path',
    ]);
    expect(findings('packages/core/src/git/x.ts', "import { x } from './repository.fixture.js';")).toHaveLength(1);
    expect(findings('packages/core/src/git/x.ts', "import { x } from '../models/price.js';")).toEqual([]);
  });
});

describe('what the import law allows', () => {
  it('passes the API types of workflows, and only types', () => {
    const path = 'apps/api/src/x.ts';
    expect(findings(path, "import type { okrRun } from '@fermata/workflows';")).toEqual([]);
    expect(findings(path, "import { type okrRun, type taskRun } from '@fermata/workflows';")).toEqual([]);
    expect(findings(path, "import { type okrRun, taskRun } from '@fermata/workflows';")).toHaveLength(1);
    expect(findings(path, "import { ordersChanged } from '@fermata/workflows/messages';")).toEqual([]);
  });

  it('lets a development dependency give types, and nothing that runs', () => {
    const path = 'apps/cli/src/x.ts';
    expect(findings(path, "import type { ResultOf } from 'gql.tada';")).toEqual([]);
    expect(findings(path, "import { initGraphQLTada } from 'gql.tada';")).toHaveLength(1);
  });

  it('leaves tests alone', () => {
    expect(findings('packages/core/src/x.test.ts', "import { createDatabase } from '@fermata/database';")).toEqual([]);
  });
});

describe('the reading of imports', () => {
  it('is not fooled by comments and strings', () => {
    const text = "// import '@a/b';\nconst text = \"import { c } from 'd'\";\nimport { e } from 'f';";
    expect(importsOf({ path: 'x.ts', text })).toEqual([{ specifier: 'f', typeOnly: false, line: 3 }]);
  });
});
