/** The name and the whole message of what `call` throws, or "nothing". */
export function thrownBy(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return String(error);
  }
  return "nothing";
}
