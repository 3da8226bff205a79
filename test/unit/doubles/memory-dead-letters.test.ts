import { deadLettersContract } from '../../contract/dead-letters-contract.ts';
import { MemoryDeadLetters } from '../../doubles/memory-dead-letters.ts';

deadLettersContract('memory', async () => {
  const deadLetters = new MemoryDeadLetters(Date.now);
  return { deadLetters, put: async (letter) => deadLetters.put('default', letter) };
});
