import type { AttemptHttp } from '../core/define-task.ts';
import type { HttpClient } from '../core/http-client.ts';
import type { Tracing } from '../core/ports.ts';
import { outsideOfAttempts } from './attempt-scope.ts';

/**
 * Outgoing HTTP of one attempt. What `signal` ends, it ends: a body that nobody has read would keep one of the connections
 * that all tasks of this executor share.
 */
export const attemptHttp = (http: HttpClient, signal: AbortSignal, call?: Tracing['call']): AttemptHttp => ({
  request: async (url, request = {}) => {
    const ended = request.signal === undefined ? signal : AbortSignal.any([signal, request.signal]);
    const send = () => http.request(url, { ...request, signal: ended });
    // A connection outlives the attempt that opens it. Awaited, so that a rejection that nobody handles is the attempt's.
    return await outsideOfAttempts(() => (call === undefined ? send() : call(hostOf(url), send)));
  },
});

const hostOf = (url: string): string => URL.parse(url)?.host ?? 'nowhere';
