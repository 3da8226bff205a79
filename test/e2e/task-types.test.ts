/**
 * These tests change a task type as a whole; `image.resize` is of this file alone, or the tasks of others would wait
 * while it is paused.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { DEFINITION_EFFECT_SECONDS } from '../../functions/contract.ts';
import { png } from '../doubles/png.ts';
import { call, submit, until } from './api.ts';
import { button, inConsole } from './in-console.ts';
import { startReceiver } from './receiver.ts';
import { sweep } from './sweep.ts';

const image = png(300, 150);
const resize = { type: 'image.resize', input: { image: image.toString('base64'), width: 100, format: 'webp' } };

describe('image.resize', () => {
  it('resizes an image of its input, and one at a URL', async () => {
    const receiver = await startReceiver(() => (_, response) => response.end(image));
    const atUrl = { ...resize, input: { url: receiver.url, width: 100, format: 'webp' } };
    const tasks = await Promise.all([resize, atUrl].map((task) => submit(task)));
    for (const { id } of tasks) {
      const { output } = await until(id, 'succeeded');
      expect(output).toMatchObject({ width: 100, height: 50, image: expect.stringMatching(/^UklGR/) });
    }
    await receiver.close();
  });

  it('fails at once where it is given no image', async () => {
    const { id } = await submit({ ...resize, input: { image: 'AAAA', width: 100 } });
    expect(await until(id, 'failed')).toMatchObject({ attempt: 1, error: { code: 'invalid_image' } });
  });
});

describe('a type', () => {
  it('that is paused starts no task, and all of them once it is resumed', async () => {
    const headers = { 'content-type': 'application/json' };
    const patch = (body: unknown) =>
      call('PATCH', '/api/definitions/image.resize', { headers, body: JSON.stringify(body) });
    expect(await patch({ paused: true })).toMatchObject({ status: 200, body: { paused: true } });
    try {
      await sleep(DEFINITION_EFFECT_SECONDS * 1000 + 500);
      const { id } = await submit(resize);
      await sleep(3_000);
      expect((await call('GET', `/api/tasks/${id}`)).body).toMatchObject({ status: 'queued', attempt: 0 });
      expect(await patch({ paused: null })).toMatchObject({ status: 200, body: { paused: false, settings: {} } });
      await sleep(DEFINITION_EFFECT_SECONDS * 1000 + 500);
      await sweep();
      expect(await until(id, 'succeeded')).toMatchObject({ attempt: 1 });
    } finally {
      await patch({ paused: null });
    }
  }, 120_000);

  it('is paused, resumed and set otherwise in the console', async () => {
    await inConsole('#/types/image.resize', async (page) => {
      const confirm = async (name: string): Promise<void> => {
        await button(page, name).click();
        await page.getByRole('dialog').getByRole('button', { name }).click();
      };
      await confirm('Pause');
      await page.getByText('Paused: its tasks are accepted').waitFor();
      await confirm('Resume');
      await button(page, 'Pause').waitFor();
      await page.getByLabel('timeoutSeconds').fill('100000');
      await button(page, 'Save').click();
      await page
        .getByText(/an attempt of class cpu-intensive may take/)
        .first()
        .waitFor();
      await page.getByLabel('timeoutSeconds').fill('77');
      await button(page, 'Save').click();
      await page.getByText('1 min 17 s').waitFor();
      await page.getByLabel('timeoutSeconds').fill('');
      await button(page, 'Save').click();
      await page.getByText('1 min 17 s').waitFor({ state: 'detached' });
    });
  });
});
