/** The name of a task type, which may be broken behind its dots where there is little room. */
export const TypeName = ({ type }: { type: string }) => (
  <span>
    {type.split(/(?<=\.)/).map((part) => (
      <>
        {part}
        <wbr />
      </>
    ))}
  </span>
);
