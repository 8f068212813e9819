// MongoDB's own errors: drivers decide by `code`, people read `codeName` and the message.
const NAMES: { [code: number]: string } = {
  1: 'InternalError',
  2: 'BadValue',
  9: 'FailedToParse',
  13: 'Unauthorized',
  14: 'TypeMismatch',
  15: 'Overflow',
  17: 'ProtocolError',
  18: 'AuthenticationFailed',
  20: 'IllegalOperation',
  21: 'InvalidLength',
  26: 'NamespaceNotFound',
  27: 'IndexNotFound',
  28: 'PathNotViable',
  40: 'ConflictingUpdateOperators',
  43: 'CursorNotFound',
  52: 'DollarPrefixedFieldName',
  53: 'InvalidIdField',
  54: 'NotSingleValueField',
  56: 'EmptyFieldName',
  59: 'CommandNotFound',
  66: 'ImmutableField',
  67: 'CannotCreateIndex',
  72: 'InvalidOptions',
  73: 'InvalidNamespace',
  85: 'IndexOptionsConflict',
  86: 'IndexKeySpecsConflict',
  79: 'UnknownReplWriteConcern',
  168: 'InvalidPipelineOperator',
  171: 'CannotIndexParallelArrays',
  197: 'InvalidIndexSpecificationOption',
  238: 'NotImplemented',
  334: 'MechanismUnavailable',
  352: 'UnsupportedOpQueryCommand',
  10334: 'BSONObjectTooLarge',
  11000: 'DuplicateKey',
  40414: 'IDLFailedToParse',
  40415: 'IDLUnknownField',
}

/** An error that goes to the client as a reply; `code` is one of MongoDB's error_codes.yml. */
export class MongoError extends Error {
  readonly code: number
  readonly details: { [field: string]: unknown }

  constructor(code: number, message: string, details: { [field: string]: unknown } = {}) {
    super(message)
    this.code = code
    this.details = details
  }

  get codeName(): string {
    return NAMES[this.code] ?? `Location${this.code}`
  }
}

/** For what MongoDB can do and this server cannot: a refusal, never a guess. */
export function notCovered(what: string): MongoError {
  return new MongoError(238, `${what} is not covered by the embedded MongoDB for development`)
}
