import { Empty } from './empty.tsx';

/** Of a deployment whose tasks/index.ts has none. */
export const NoTypes = () => (
  <Empty title="This deployment has no task types.">
    <p>Add one in tasks/, and deploy.</p>
  </Empty>
);
