import { RESOURCE_CLASS_SPECS, type ResourceClass } from '../contract.ts';

/** Lambda gives one vCPU for so much memory (Lambda's documentation, "Memory"). */
const VCPU_MB = 1_769;

/** vCPUs of an executor of a class: `default` has a seventh of one. */
export const vcpusOf = (resourceClass: ResourceClass): number => RESOURCE_CLASS_SPECS[resourceClass].memoryMb / VCPU_MB;
