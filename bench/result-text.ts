/** A completed result of the given size, as Python writes it. */
export function resultOfSize(size: number): Buffer {
  const result = (text: string): string =>
    JSON.stringify({
      task_id: '3f0c9e0e-8a55-4c86-9d3c-6f1f2b7c1d10',
      parent_task_id: null,
      worker_type: 'echo',
      status: 'completed',
      output: { text },
      error: null,
      model_used: null,
      token_usage: { prompt_tokens: 36, completion_tokens: 12 },
      processing_time_ms: 12,
      completed_at: '2026-04-29T12:00:00.123456Z',
    });
  return Buffer.from(result('x'.repeat(size - result('').length)));
}
