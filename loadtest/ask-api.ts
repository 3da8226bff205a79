type Deployment = { readonly url: string; readonly apiKey: string };

/** Makes what calls the API of a deployment, with its key unless another is given. Throws where the answer is no success. */
export const askApi =
  ({ url, apiKey }: Deployment) =>
  async (method: string, path: string, body?: unknown, key = apiKey): Promise<unknown> => {
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
