// Wording is no behaviour: what people read, known by its blanks, is not mutated.
import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';

const textOf = ({ node }) => {
  if (node.type === 'StringLiteral') return node.value;
  return node.type === 'TemplateLiteral' ? node.quasis.map(({ value }) => value.raw).join('') : '';
};

export const strykerPlugins = [
  declareValuePlugin(PluginKind.Ignore, 'sentences', {
    shouldIgnore: (path) => (/\S\s+\S/.test(textOf(path)) ? 'a sentence' : undefined),
  }),
];
