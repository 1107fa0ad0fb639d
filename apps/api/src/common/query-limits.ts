import { DomainError } from '@fermata/contracts';
import type { DocumentNode, GraphQLSchema } from 'graphql';
import type { ApiConfig } from '../config.js';
import { measureQuery } from './query-cost.js';

export interface AskedQuery {
  schema: GraphQLSchema;
  document: DocumentNode;
  variables?: Readonly<Record<string, unknown>> | undefined;
}

/** @throws DomainError `query_too_complex`, saying what was measured and what is allowed */
export function refuseTooComplex({ schema, document, variables }: AskedQuery, limits: ApiConfig): void {
  const { depth, cost } = measureQuery(schema, document, variables);
  const { maxDepth, maxCost } = limits;
  if (depth > maxDepth) {
    throw new DomainError('query_too_complex', `the query is ${depth} fields deep and may be ${maxDepth}`, {
      depth,
      maxDepth,
    });
  }
  if (cost > maxCost) {
    const message = `the query costs ${cost} and may cost ${maxCost}: each field costs 1, times the size of every page it is in; ask for smaller pages`;
    throw new DomainError('query_too_complex', message, { cost, maxCost });
  }
}
