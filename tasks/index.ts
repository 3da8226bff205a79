import type { TaskCatalog } from '../functions/core/define-task.ts';

/** These are the task types of this deployment. Add yours: a type's name, and where its definition is. */
export const tasks = {
  'csv.summarize': async () => (await import('./csv-summarize/definition.ts')).csvSummarize,
  'http.bulk': async () => (await import('./http-bulk/definition.ts')).httpBulk,
  'http.request': async () => (await import('./http-request/definition.ts')).httpRequest,
  'image.resize': async () => (await import('./image-resize/definition.ts')).imageResize,
  'markdown.render': async () => (await import('./markdown-render/definition.ts')).markdownRender,
  'text.wordcount': async () => (await import('./text-wordcount/definition.ts')).textWordcount,
  'text.wordcount.part': async () => (await import('./text-wordcount/definition.ts')).textWordcountPart,
} satisfies TaskCatalog;
