import js from '@eslint/js';
import { importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/** A package may import what is listed here and nothing else of ours; test/architecture proves the same from the files. */
const temporal = (...names) => names.map((name) => `@temporalio/${name}`);
const forbid = (patterns, message) => ({
  'no-restricted-imports': ['error', { patterns: [{ group: patterns, message }] }],
});

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '**/node_modules/**',
      'packages/database/src/generated/**',
      'apps/cli/src/graphql/generated.d.ts',
      'coverage/**',
    ],
  },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    plugins: { 'import-x': importX },
    languageOptions: {
      parserOptions: { project: ['./tsconfig.lint.json'] },
    },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'import-x/no-default-export': 'error',
      'import-x/no-extraneous-dependencies': [
        'error',
        { devDependencies: ['**/*.test.ts', '**/*.fixture.ts', 'test/**', 'vitest.config.ts', 'prisma.config.ts'] },
      ],
      complexity: ['error', 10],
      'max-depth': ['error', 3],
      'max-params': ['error', 3],
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Read the environment in config.ts only.' },
      ],
    },
  },
  { files: ['packages/contracts/src/**'], ...{ rules: forbid(['@fermata/*'], 'contracts imports nothing of ours.') } },
  {
    files: ['packages/workflows/src/**'],
    rules: forbid(
      [
        '@fermata/core*',
        '@fermata/database',
        '@fermata/activities',
        'node:*',
        ...temporal('client', 'worker', 'activity'),
      ],
      'Workflows decide: only contracts and @temporalio/workflow.',
    ),
  },
  {
    files: ['packages/core/src/**'],
    rules: forbid(
      ['@fermata/database', '@fermata/activities', '@fermata/workflows*', '@temporalio/*', '@nestjs/*', '@prisma/*'],
      'core knows how, without Temporal, Nest or Prisma.',
    ),
  },
  {
    files: ['packages/database/src/**'],
    rules: forbid(
      ['@fermata/core*', '@fermata/activities', '@fermata/workflows*', '@temporalio/*', '@nestjs/*'],
      'database remembers: contracts, Prisma and pg only.',
    ),
  },
  {
    files: ['packages/activities/src/**'],
    rules: forbid(
      ['@fermata/workflows*', '@nestjs/*', '@prisma/*', ...temporal('client', 'worker', 'workflow')],
      'Activities: contracts, core, database, @temporalio/activity and common.',
    ),
  },
  {
    files: ['apps/api/src/**'],
    rules: forbid(
      ['@fermata/core*', '@fermata/activities', '@prisma/*', ...temporal('worker', 'workflow', 'activity')],
      'The API only asks: contracts, database, workflows/messages, @temporalio/client.',
    ),
  },
  {
    files: ['apps/cli/src/**'],
    rules: forbid(
      [
        '@fermata/core*',
        '@fermata/database',
        '@fermata/activities',
        '@fermata/workflows*',
        '@temporalio/*',
        '@prisma/*',
      ],
      'The CLI talks GraphQL only, and to the stack.',
    ),
  },
  {
    files: ['packages/stack/src/**', 'packages/scripted-model/src/**'],
    rules: forbid(
      ['@fermata/core*', '@fermata/database', '@fermata/activities', '@fermata/workflows*'],
      'Only contracts here.',
    ),
  },
  // A factory's body is a list of small functions: the cap counts the list, so it is wider there. Files keep theirs.
  {
    files: ['**/*.repository.ts', '**/*.activities.ts'],
    rules: { 'max-lines-per-function': ['error', { max: 160, skipBlankLines: true, skipComments: true }] },
  },
  { files: ['**/config.ts'], rules: { 'no-restricted-properties': 'off' } },
  {
    files: ['**/*.test.ts', '**/*.fixture.ts', 'test/**/*.ts'],
    rules: {
      'max-lines-per-function': 'off',
      'no-restricted-properties': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      'no-restricted-imports': 'off',
    },
  },
  // Tests may import the root's tools, and those that cross packages all of them: neither is listed where they lie.
  {
    files: ['**/*.test.ts', '**/*.fixture.ts', 'test/**/*.ts'],
    rules: { 'import-x/no-extraneous-dependencies': 'off' },
  },
  { files: ['*.config.ts', 'vitest.config.ts'], rules: { 'import-x/no-default-export': 'off' } },
  {
    files: ['**/*.mjs', '**/*.js'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
        URL: 'readonly',
        fetch: 'readonly',
        AbortSignal: 'readonly',
        AbortController: 'readonly',
        Buffer: 'readonly',
        performance: 'readonly',
        structuredClone: 'readonly',
        TextDecoder: 'readonly',
      },
    },
  },
);
