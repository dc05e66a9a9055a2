/** A sentence of the server's; what stands between backticks is code. Never HTML. */
export function TextWithCode({ text }: { text: string }) {
  const parts = text.split("`");
  // An odd number of backticks is no pair: then all is text.
  if (parts.length % 2 === 0) {
    return <>{text}</>;
  }
  return (
    <>{parts.map((part, index) => (index % 2 === 1 ? <code key={index}>{part}</code> : part))}</>
  );
}
