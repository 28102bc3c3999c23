/** Something that whoever runs this can put right: a show says it in one line, without a stack trace. */
export class UserError extends Error {
  override name = "UserError";
}
