/** What the service answered in place of a result. `message` is the service's own sentence. */
export class ApiFailure extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status: number) {
    super(message);
    this.name = "ApiFailure";
    this.code = code;
    this.status = status;
  }

  get isMissing(): boolean {
    return this.status === 404 || this.code.startsWith("NotFound");
  }

  get isForbidden(): boolean {
    return this.status === 403;
  }
}
