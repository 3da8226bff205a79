import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { DEFINITION_EFFECT_SECONDS } from '../../functions/contract.ts';
import type { TaskView } from '../../functions/router/routes/task-view.ts';
import { call, post, submit, until } from './api.ts';
import { button, confirm, expectAccessible, hopeless, inConsole } from './in-console.ts';

const unfit = { type: 'text.wordcount', input: { text: 'x'.repeat(60_000) } };

it('a task is retried with another input, which is checked, and what it was given before is shown with it', async () => {
  const { id } = await submit(unfit);
  await until(id, 'failed');
  await inConsole(`#/tasks/${id}`, async (page) => {
    await page.getByRole('link', { name: 'Retry with another input' }).click();
    await page.getByRole('heading', { level: 1, name: 'Retry with another input' }).waitFor();
    await page.getByText('no word ends within').waitFor();
    expect(await page.getByLabel('text', { exact: true }).inputValue()).toBe(unfit.input.text);
    await page.getByLabel('text', { exact: true }).fill('one two three');
    await page.getByLabel('parts').fill('0');
    await button(page, 'Retry').click();
    await expect.poll(() => page.getByLabel('parts').getAttribute('aria-invalid')).toBe('true');
    await expectAccessible(page);
    await page.getByLabel('parts').fill('');
    await button(page, 'Retry').click();
    await page.locator('.badge.status-succeeded').waitFor();
    const former = page.locator('section', { has: page.getByRole('heading', { name: 'Input until attempt 1' }) });
    expect(await former.locator('pre').textContent()).toContain('xxx');
    await page.getByText('Attempt 1 failed', { exact: true }).waitFor();
    await page.getByText('Attempt 2 succeeded', { exact: true }).waitFor();
    await expectAccessible(page);
  });
});

it('a retry of a task that has not failed is not offered: its address says why', async () => {
  const { id } = await submit({ type: 'markdown.render', input: { markdown: '# hi' } });
  await until(id, 'succeeded');
  await inConsole(`#/retry/${id}`, async (page) => {
    await page.getByText('The task is succeeded.').waitFor();
    expect(await button(page, 'Retry').count()).toBe(0);
  });
});

it('subtasks that were lost are run again, and what was refused of a choice is told', async () => {
  const headers = { 'content-type': 'application/json' };
  const pause = (paused: boolean | null) =>
    call('PATCH', '/api/definitions/text.wordcount.part', { headers, body: JSON.stringify({ paused }) });
  const subtasksOf = async (id: string) => (await call('GET', `/api/tasks/${id}/subtasks`)).body.items as TaskView[];
  await pause(true);
  try {
    await sleep(DEFINITION_EFFECT_SECONDS * 1000 + 500);
    const { id } = await submit({ type: 'text.wordcount', input: { text: 'one two '.repeat(400), parts: 3 } });
    await until(id, 'waiting');
    await expect.poll(() => subtasksOf(id), { timeout: 20_000 }).toHaveLength(3);
    const [first] = await subtasksOf(id);
    expect(await post(`/api/tasks/${first?.id}/cancel`, {})).toMatchObject({ status: 202 });
    await until(id, 'failed');
    await pause(null);
    await sleep(DEFINITION_EFFECT_SECONDS * 1000 + 500);
    await inConsole(`#/tasks/${id}`, async (page) => {
      await page.getByLabel(`Choose subtask ${first?.id}`).check();
      await expectAccessible(page);
      await confirm(page, 'Retry the chosen one');
      const dialog = page.getByRole('dialog');
      expect(await dialog.getByRole('alert').textContent()).toMatch(/2 more of its subtasks have not succeeded/);
      await button(page, 'Go back').click();
      await page.getByLabel(`Choose subtask ${first?.id}`).uncheck();
      await confirm(page, 'Retry the failed ones');
      await page.getByText('The failed subtasks run again.').waitFor();
      await page.getByRole('status').locator('.badge.status-succeeded').waitFor({ timeout: 40_000 });
      await expect.poll(() => button(page, 'Retry the failed ones').count()).toBe(0);
      expect(await page.getByRole('checkbox').count()).toBe(0);
    });
    expect(await until(id, 'succeeded')).toMatchObject({ output: { words: 800 } });
  } finally {
    await pause(null);
  }
}, 150_000);

it('several subtasks are chosen and asked for together, and none of a task that has not ended', async () => {
  const { id } = await submit(hopeless);
  const { subtaskCount: _, ...failed } = await until(id, 'failed');
  const part = (number: number, status: string) => ({ ...failed, id: `part-${number}`, parentId: id, status });
  const items = [part(1, 'failed'), part(2, 'succeeded'), part(3, 'cancelled'), part(4, 'failed')];
  await inConsole('#/tasks', async (page) => {
    const asked: unknown[] = [];
    const parent = { ...failed, subtaskCount: 4 };
    await page.route(new RegExp(`api/tasks/${id}(\\?.*)?$`), (route) => route.fulfill({ json: parent }));
    await page.route(`**/api/tasks/${id}/subtasks*`, (route) => route.fulfill({ json: { items, nextCursor: null } }));
    await page.route(`**/api/tasks/${id}/retry`, (route, request) => {
      asked.push(request.postDataJSON());
      return route.fulfill({ status: 202, json: { ...parent, status: 'queued' } });
    });
    await page.goto(`${page.url().split('#')[0]}#/tasks/${id}`);
    await page.getByLabel('Choose subtask part-1').check();
    await page.getByLabel('Choose subtask part-4').check();
    expect(await page.getByRole('checkbox').count()).toBe(3);
    await confirm(page, 'Retry the chosen 2');
    await page.getByText('The chosen subtasks run again.').waitFor();
    expect(asked).toEqual([{ subtasks: ['part-1', 'part-4'] }]);
    await page.unroute(new RegExp(`api/tasks/${id}(\\?.*)?$`));
    await page.route(new RegExp(`api/tasks/${id}(\\?.*)?$`), (route) =>
      route.fulfill({ json: { ...parent, status: 'waiting' } }),
    );
    await page.reload();
    await page.getByRole('heading', { name: '4 subtasks' }).waitFor();
    await page.getByText('part-4').waitFor();
    expect(await page.getByRole('checkbox').count()).toBe(0);
  });
});
