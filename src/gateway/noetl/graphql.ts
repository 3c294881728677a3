import type * as GraphQl from 'graphql';

// The only home of the package `graphql`: loaded where playbooks are served, and optional everywhere else.

const SCHEMA = `
  scalar JSON
  type Query {
    health: String!
    version: String!
  }
  type Mutation {
    executePlaybook(
      name: String
      path: String
      variables: JSON
      workload: JSON
      clientId: String
      resourceKind: String
    ): Execution!
    subscribeToExecution(executionId: ID!, clientId: String!): Subscribed!
  }
  type Execution {
    id: ID!
    executionId: ID!
    requestId: ID!
    name: String!
    status: String!
    textOutput: String
  }
  type Subscribed {
    executionId: ID!
    clientId: String!
  }
`;

const MOST_TOKENS = 1_000;
const DEEPEST = 15;
/** Fields of one operation at its top: each may start something. */
const MOST_FIELDS = 10;

export interface Asked {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly operationName: string | undefined;
}

/** What the fields at the top do, by their names. */
export type Resolvers = Readonly<Record<string, (args: Record<string, unknown>) => unknown>>;

export interface GraphQlAnswer {
  /** False: it was not even begun. */
  readonly begun: boolean;
  readonly document: unknown;
}

export interface GraphQlServer {
  /** `refused`: what a client is told of something that was thrown; undefined: that it was unexpected. */
  answer(
    asked: Asked,
    resolvers: Resolvers,
    refused: (thrown: unknown) => { readonly message: string; readonly extensions: Record<string, unknown> },
  ): Promise<GraphQlAnswer>;
}

/** What is said where the package cannot be loaded. */
export const GRAPHQL_MISSING = {
  detail: "GraphQL is not served here: the package 'graphql' is not installed; POST /v1/playbooks does the same",
  hint: 'Install it beside this program, and start it again: npm install graphql@16',
};

/** undefined where the package is not installed: nobody has to who starts playbooks in another way. */
export async function openGraphQl(): Promise<GraphQlServer | undefined> {
  let graphql: typeof GraphQl;
  try {
    graphql = await import('graphql');
  } catch {
    return undefined;
  }
  const schema = graphql.buildSchema(SCHEMA);
  // Any JSON, also where it is written out in the query.
  const json = schema.getType('JSON') as GraphQl.GraphQLScalarType;
  json.parseLiteral = (node, variables) => graphql.valueFromASTUntyped(node, variables);
  return {
    answer: async ({ query, variables, operationName }, resolvers, refused) => {
      const shown = (errors: readonly GraphQl.GraphQLError[]) => errors.map((error) => shownError(error, refused));
      let document: GraphQl.DocumentNode;
      try {
        document = graphql.parse(query, { maxTokens: MOST_TOKENS });
      } catch (thrown) {
        if (thrown instanceof graphql.GraphQLError) return { begun: false, document: { errors: shown([thrown]) } };
        throw thrown;
      }
      const tooMuch = bounds(document);
      if (tooMuch !== undefined) return { begun: false, document: { errors: [{ message: tooMuch }] } };
      const invalid = graphql.validate(schema, document, undefined, { maxErrors: 10 });
      if (invalid.length > 0) return { begun: false, document: { errors: shown(invalid) } };
      const done = await graphql.execute({
        schema,
        document,
        rootValue: resolvers,
        variableValues: variables,
        operationName: operationName ?? null,
      });
      const { errors, data } = done;
      return { begun: data !== undefined, document: { data, ...(errors && { errors: shown(errors) }) } };
    },
  };
}

function shownError(
  error: GraphQl.GraphQLError,
  refused: Parameters<GraphQlServer['answer']>[2],
): Record<string, unknown> {
  const { message, locations, path, originalError } = error;
  const place = { ...(locations && { locations }), ...(path && { path }) };
  if (originalError === undefined || originalError === null) return { message, ...place };
  return { ...refused(originalError), ...place };
}

/** What nobody needs, and what would cost much; undefined: it is within bounds. Fragments cannot hold themselves: validation is before execution. */
function bounds({ definitions }: GraphQl.DocumentNode): string | undefined {
  for (const definition of definitions) {
    if (!('selectionSet' in definition) || definition.selectionSet === undefined) continue;
    if (depthOf(definition.selectionSet) > DEEPEST) return `a query may be ${DEEPEST} deep`;
    if (definition.selectionSet.selections.length > MOST_FIELDS)
      return `a query may have ${MOST_FIELDS} fields at its top`;
  }
  return undefined;
}

function depthOf({ selections }: GraphQl.SelectionSetNode): number {
  const below = selections.map((each) =>
    'selectionSet' in each && each.selectionSet !== undefined ? depthOf(each.selectionSet) : 0,
  );
  return 1 + Math.max(0, ...below);
}
