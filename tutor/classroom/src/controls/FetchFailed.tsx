/** Why something could not be loaded, and a way to try once more. */
export function FetchFailed({ message, again }: { message: string; again: () => void }) {
  return (
    <div class="notice bad fetch-failed" role="alert">
      <p>{message}</p>
      <button type="button" class="small" onClick={again}>
        Try again
      </button>
    </div>
  );
}
