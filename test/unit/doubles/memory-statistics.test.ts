import { statisticsContract } from '../../contract/statistics-contract.ts';
import { MemoryStatistics } from '../../doubles/memory-statistics.ts';

statisticsContract('memory', () => new MemoryStatistics());
